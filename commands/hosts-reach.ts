/**
 * Tells which hosts the balancers of one can't reach, once all of them serve. It fails nothing: each host serves on by
 * what it has, and what is in the way, such as a firewall, may be there for a moment only.
 */

import type { Endpoint } from "../lib/docker-endpoint.ts";
import { main, notYet, say, within } from "../runtime/command.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { type Place, unreached } from "./support/reach.ts";

/** What `hosts-reach` is told on its standard input. */
export interface HostsReachArgs {
  readonly host: string;
  readonly docker: Endpoint;
  /** A container in the network that the host's balancers are in. */
  readonly agent: string;
  /** Where the balancers of the other hosts listen. */
  readonly places: readonly Place[];
}

/** Seconds within which the others must be there. */
const PATIENCE = 10;

main<HostsReachArgs>(async ({ host, docker, agent, places }) => {
  const engine = new DockerEngine(docker);
  let left: string[] = [];
  try {
    await within(PATIENCE, "", async () => {
      left = await unreached(engine, agent, places);
      if (left.length > 0) notYet();
    });
  } catch (error) {
    if (left.length === 0) throw error;
    for (const line of left)
      say(`WARNING: host ${host} does not reach ${line}. Until then its requests don't get there.`);
  }
});
