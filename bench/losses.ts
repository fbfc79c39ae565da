import { everyKind } from "../harness/load/plan.ts";
import { underLoad } from "../harness/load/under-load.ts";

/** What an action gave, and what it cost the clients meanwhile. */
export interface Losses<T> {
  readonly result: T;
  readonly requests: number;
  /** Requests without the answer that they asked for. */
  readonly lost: number;
  /** WebSockets that were closed on their clients. */
  readonly broken: number;
}

/** Does something under the drill's strict load, and counts what that loses. */
export async function countingLosses<T>(url: string, action: () => Promise<T>): Promise<Losses<T>> {
  const { result, samples } = await underLoad(everyKind(url), action);
  return { result, requests: samples.requests, lost: samples.failures.length, broken: samples.breaks.length };
}
