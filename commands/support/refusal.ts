import { say } from "../../runtime/command.ts";
import type { DockerEngine } from "../../runtime/docker.ts";

/** Restart policy of containers that are of no use: they stay stopped when the engine is started anew. */
export const OF_NO_USE = "no";

/** Stops instances that are not let in, for good. */
export async function turnAway(
  engine: DockerEngine,
  instances: readonly string[],
  graceSeconds: number,
): Promise<void> {
  // Stopped first: one that ends again and again would be started once more in between.
  await engine.stop(instances, graceSeconds);
  await engine.setRestart(instances, OF_NO_USE);
}

/** The same where it has failed already: that this fails, too, must not hide why. */
export async function turnAwayAfter(
  engine: DockerEngine,
  instances: readonly string[],
  graceSeconds: number,
): Promise<void> {
  await turnAway(engine, instances, graceSeconds).catch((fault: Error) =>
    say(`what is refused could not be stopped: ${fault.message}`),
  );
}
