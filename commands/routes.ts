/**
 * Writes the balancers' routing table, and which services run where, to Consul's KV store, waits until every balancer
 * follows the table, and forgets the maintenance of services that are no more.
 */

import { placementKey, routesKey } from "../lib/consul-keys.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { routesBackend } from "../lib/haproxy.ts";
import { maintenanceFolder, maintenanceKey } from "../lib/maintenance.ts";
import type { RoutingTable } from "../lib/routes.ts";
import { main, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { announceChange } from "./support/announce-change.ts";
import { Balancers } from "./support/balancers.ts";

/** What `routes` is told on its standard input. */
export interface RoutesArgs {
  readonly stack: string;
  /** Docker endpoint of every host that has balancers. */
  readonly balancerHosts: readonly Endpoint[];
  /** Balancers on each of them. */
  readonly balancersPerHost: number;
  readonly docker: Endpoint;
  readonly agent: string;
  readonly token: string;
  /** Not read: a Consul that has lost its data is to be told anew. */
  readonly consulId: string;
  readonly routes: RoutingTable;
  readonly placement: readonly Placed[];
}

/** A service, and the hosts that it runs on. */
export interface Placed {
  readonly name: string;
  readonly hosts: readonly string[];
}

main<RoutesArgs>(async (args) => {
  const { stack, balancerHosts, balancersPerHost, docker, agent, token, routes, placement } = args;
  const text = JSON.stringify(routes);
  const consul = new Consul(new DockerEngine(docker), agent, token);
  await within(30, "Consul does not take the routing table", async () => {
    await announceChange(consul);
    await consul.put(`/v1/kv/${placementKey}`, placement);
    await consul.put(`/v1/kv/${routesKey}`, text);
    // A service of the same name that comes one day must not find itself closed.
    const closed = (await consul.get<string[]>(`/v1/kv/${maintenanceFolder}?keys`)) ?? [];
    const known = new Set(routes.services.map(({ name }) => maintenanceKey(name)));
    for (const key of closed.filter((key) => !known.has(key))) await consul.delete(`/v1/kv/${key}`);
  });

  const balancers = new Balancers(stack, balancerHosts, balancersPerHost);
  await balancers.require(routesBackend(text), ["BACKEND"], "not every balancer took the routing table");
});
