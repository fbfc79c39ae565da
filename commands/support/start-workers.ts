import type { Held } from "../../lib/catalogue.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import type { Admission } from "./admission.ts";
import { turnAwayAfter } from "./refusal.ts";

/** What {@link startWorkers} works with. */
export interface StartWorkersArgs {
  readonly engine: DockerEngine;
  readonly admission: Admission;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopGrace: number;
}

/**
 * Has workers begin beside those that are at work. They need nobody to send them anything, so those that are refused must not
 * run on, as other instances do that get no requests: a broken version would go on taking work.
 */
export async function startWorkers(
  { engine, admission, stopGrace }: StartWorkersArgs,
  instances: readonly string[],
  held: Readonly<Record<string, Held>>,
): Promise<void> {
  try {
    await admission.start(instances, held);
  } catch (error) {
    await turnAwayAfter(engine, instances, stopGrace);
    throw error;
  }
}
