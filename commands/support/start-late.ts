import type { Held } from "../../lib/catalogue.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import type { Admission } from "./admission.ts";
import { turnAwayAfter } from "./refusal.ts";

/** What {@link startLate} works with. */
export interface StartLateArgs {
  readonly engine: DockerEngine;
  readonly admission: Admission;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopGrace: number;
}

/**
 * Has instances begin, which Pulumi has only made, beside those that are at work. Those that are refused must not run on:
 * workers need nobody to send them anything, and a broken version would go on taking work; of a service whose copies move,
 * whatever runs counts.
 */
export async function startLate(
  { engine, admission, stopGrace }: StartLateArgs,
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
