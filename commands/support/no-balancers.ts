import type { Balancers } from "./balancers.ts";

/** What is asked of balancers when instances come. */
export type Balancing = Pick<Balancers, "await" | "require">;

/** Stands in for the balancers where they are told nothing, so that nothing is to be waited for: where workers come. */
export const noBalancers: Balancing = {
  await: async () => [],
  require: async () => {},
};
