/** The stack that `npm run up` brings up. */
export const stack = "dev";
