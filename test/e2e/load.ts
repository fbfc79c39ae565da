import { Load } from "../../harness/load/load.ts";
import { type Plan, quickOnes } from "../../harness/load/plan.ts";
import type { Samples } from "../../harness/load/samples.ts";
import { sleep } from "../../harness/wait.ts";

/**
 * Keeps clients asking the simple server at `url` while an action runs, and a second before and after. Gives what the
 * action gave and what the clients saw; every request counts, none is repeated.
 */
export async function underLoad<T>(
  url: string,
  action: () => Promise<T>,
  plan = quickOnes(url),
): Promise<{ result: T; samples: Samples }> {
  const load = new Load(plan);
  try {
    await sleep(1);
    const result = await action();
    await sleep(1);
    return { result, samples: load.samples };
  } finally {
    await load.stop();
  }
}

/** Does something under load, and expects that the clients see nothing of it. Gives what the action gave. */
export async function losingNothing<T>(url: string, action: () => Promise<T>, plan?: Plan): Promise<T> {
  const { result, samples } = await underLoad(url, action, plan);
  expect(samples.failures).toEqual([]);
  // At the least two requests a second of each client, for the two seconds around the action.
  expect(samples.requests).toBeGreaterThan(15);
  return result;
}
