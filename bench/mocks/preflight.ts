export * from "../../preflight/preflight.ts";

export const preflight = async () => ({ stopped: [], isFresh: true, absent: [] });
