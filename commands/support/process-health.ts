import type { DockerEngine } from "../../runtime/docker.ts";
import { containerRuns } from "./container-runs.ts";
import type { Failure } from "./failure-report.ts";
import type { Health } from "./health.ts";

/**
 * How it is known that workers are well, whom nobody can ask: their containers run. Those that do not are not waited for,
 * since they have been started already and have come to their end; whoever restarts is found out by being watched.
 */
export class ProcessHealth implements Health {
  readonly passes = "run";
  readonly passing = "running";
  readonly didNotLast: Failure = {
    what: "ended or restarted, though a worker is to run on",
    advice: 'Correct the application: the log should tell why it ended. Then run "pulumi up" again.',
  };
  readonly #engine: DockerEngine;

  constructor(engine: DockerEngine) {
    this.#engine = engine;
  }

  async awaitPassing(instances: readonly string[]): Promise<Map<string, string>> {
    const runs = await containerRuns(this.#engine, instances);
    return new Map(instances.filter((one) => !runs.get(one)?.running).map((one) => [one, ""]));
  }

  neverPassed(): Failure {
    return this.didNotLast;
  }
}
