/** Writes the balancers' routing table to Consul's KV store, which every balancer follows. */
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

main<RoutesArgs>(async ({ docker, agent, token, routes }) => {
  const consul = new Consul(new DockerEngine(docker), agent, token);
  await within(30, "Consul does not take the routing table", () =>
    consul.put("/v1/kv/flotilla/routes", routes),
  );
});
