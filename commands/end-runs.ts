/** Ends all runs of jobs on a host, and takes them away: called when nobody is left there who could start another one. */

import type { Endpoint } from "../lib/docker-endpoint.ts";
import { labels } from "../lib/names.ts";
import { main, say } from "../runtime/command.ts";
import { DockerEngine } from "../runtime/docker.ts";

/** What `end-runs` is told on its standard input. */
export interface EndRunsArgs {
  readonly stack: string;
  readonly docker: Endpoint;
  /** Key of the host. */
  readonly host: string;
}

/** Seconds between SIGTERM and SIGKILL. */
const GRACE = 10;

main<EndRunsArgs>(async ({ stack, docker, host }) => {
  const engine = new DockerEngine(docker);
  const runs = await engine.containers(labels({ stack, role: "run", host }), "all");
  await engine.stop(runs, GRACE);
  await engine.remove(runs);
  for (const run of runs) say(`jobs: ${run} was under way, and is ended`);
});
