/**
 * Has a job run for `pulumi up`, by its host's scheduler, and waits for its end. Where it fails, so does this, with the last
 * lines of what the job printed: what waits for it is then not begun.
 */

import { createHash } from "node:crypto";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { pauseBefore } from "../lib/jobs.ts";
import { CommandFailure, main, say } from "../runtime/command.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { lastLines } from "../runtime/program.ts";

/** What `job-gate` is told on its standard input. */
export interface JobGateArgs {
  readonly docker: Endpoint;
  /** Container of the host's scheduler. */
  readonly scheduler: string;
  readonly job: string;
  /** Key of the host. */
  readonly host: string;
  /** Seconds that an attempt may take, and how many more there are of them. */
  readonly timeout: number;
  readonly retries: number;
  /** All that it runs: what is the same runs once. */
  readonly what: object;
  /** Why it is not to run. */
  readonly idle?: string;
}

/** Lines that are shown of what a job printed. */
const SHOWN = 20;

/** Seconds for the scheduler, and for an attempt to be begun and ended. */
const ASIDE = 60;

main<JobGateArgs>(async ({ docker, scheduler, job, host, what, idle }) => {
  if (idle !== undefined) return say(`job ${job}: not run, ${idle}`);
  const key = createHash("sha256").update(JSON.stringify(what)).digest("hex");
  const start = performance.now();
  // By standard input: secrets are part of what it is made of.
  const line = ["node", "commands/jobs.ts", "run", job, "--for-up"];
  const { code, output } = await new DockerEngine(docker).tryFeed(scheduler, `${key}\n`, ...line);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code === 0)
    return say(`job ${job}: done on host ${host} in ${seconds} s${output && ` (${lastLines(output, 1)})`}`);
  throw new CommandFailure(
    `job ${job} failed on host ${host} after ${seconds} s:\n${lastLines(output, SHOWN)}`,
  );
}, limit);

/** Seconds for it, and as many for one that is under way and ends first. */
function limit({ timeout, retries }: JobGateArgs): number {
  const pauses = Array.from({ length: retries }, (_, index) => pauseBefore(index + 1) / 1000);
  return 2 * ((retries + 1) * (timeout + ASIDE) + pauses.reduce((sum, pause) => sum + pause, ASIDE));
}
