import { Load } from "../harness/load/load.ts";
import { everyKind } from "../harness/load/plan.ts";
import { sleep } from "../harness/wait.ts";

/** What an action gave, and what it cost the clients meanwhile. */
export interface UnderLoad<T> {
  readonly result: T;
  readonly requests: number;
  /** Requests without the answer that they asked for. */
  readonly lost: number;
  /** WebSockets that were closed on their clients. */
  readonly broken: number;
}

/** Does something under the drill's strict load, which is there a second before and after. */
export async function underLoad<T>(url: string, action: () => Promise<T>): Promise<UnderLoad<T>> {
  const load = new Load(everyKind(url));
  const { samples } = load;
  let result: T;
  try {
    await sleep(1);
    result = await action();
    await sleep(1);
  } finally {
    await load.stop();
  }
  return { result, requests: samples.requests, lost: samples.failures.length, broken: samples.breaks.length };
}
