import { type Plan, quickOnes } from "../../harness/load/plan.ts";
import { underLoad } from "../../harness/load/under-load.ts";

/** Does something under load, and expects that the clients see nothing of it. Gives what the action gave. */
export async function losingNothing<T>(
  url: string,
  action: () => Promise<T>,
  plan: Plan = quickOnes(url),
): Promise<T> {
  const { result, samples } = await underLoad(plan, action);
  expect(samples.failures).toEqual([]);
  // At the least two requests a second of each client, for the two seconds around the action.
  expect(samples.requests).toBeGreaterThan(15);
  return result;
}
