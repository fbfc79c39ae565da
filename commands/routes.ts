/**
 * Writes the balancers' routing table to Consul's KV store, which every balancer follows, and forgets the maintenance of
 * services that are no more.
 */
import type { RouteEntry } from "../lib/routes.ts";
import { main, within } from "./support/command.ts";
import { Consul } from "./support/consul.ts";
import { DockerEngine } from "./support/docker.ts";

/** What `routes` is told on its standard input. */
export interface RoutesArgs {
  readonly docker: string;
  readonly agent: string;
  readonly token: string;
  readonly routes: readonly RouteEntry[];
}

const MAINTENANCE = "flotilla/maintenance/";

main<RoutesArgs>(async ({ docker, agent, token, routes }) => {
  const consul = new Consul(new DockerEngine(docker), agent, token);
  await within(30, "Consul does not take the routing table", async () => {
    await consul.put("/v1/kv/flotilla/routes", routes);
    // A service of the same name that comes one day must not find itself closed.
    const closed = (await consul.get<string[]>(`/v1/kv/${MAINTENANCE}?keys`)) ?? [];
    const known = new Set(routes.map(({ service }) => MAINTENANCE + service));
    for (const key of closed.filter((key) => !known.has(key))) await consul.delete(`/v1/kv/${key}`);
  });
});
