import { sleep } from "../wait.ts";
import { Load } from "./load.ts";
import type { Plan } from "./plan.ts";
import type { Samples } from "./samples.ts";

/** Keeps clients at work while an action runs, and a second before and after. Gives what it gave, and what they saw. */
export async function underLoad<T>(
  plan: Plan,
  action: (load: Load) => Promise<T>,
): Promise<{ result: T; samples: Samples }> {
  const load = new Load(plan);
  try {
    await sleep(1);
    const result = await action(load);
    await sleep(1);
    return { result, samples: load.samples };
  } finally {
    await load.stop();
  }
}
