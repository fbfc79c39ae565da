/** The stack that `npm run up` brings up where no other is named. */
export const stack = "dev";
