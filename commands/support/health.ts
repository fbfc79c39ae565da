import type { Failure } from "./failure-report.ts";

/** How it is known that instances of a service are well, and what that is in words. */
export interface Health {
  /** What they have to do, as in "waiting for them to …"; what they do from then on, as in "they go on …". */
  readonly passes: string;
  readonly passing: string;

  /**
   * Waits until each of the instances has passed. Returns those that have not when the time is over, with their last
   * answers; with 0 seconds, those that do not pass now.
   */
  awaitPassing(instances: readonly string[], seconds: number): Promise<Map<string, string>>;

  /** What is told of those that have not passed in so many seconds. */
  neverPassed(seconds: number): Failure;

  /** What is told of those that have, but then ended. */
  readonly didNotLast: Failure;
}
