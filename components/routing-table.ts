import * as pulumi from "@pulumi/pulumi";
import type { RoutesArgs } from "../commands/routes.ts";
import type { HostSettings, LoadBalancerSettings, ServiceSettings } from "../config/settings.ts";
import { routingTable } from "../lib/routes.ts";
import { programCommand } from "./command-input.ts";
import type { ConsulAgent } from "./consul-agent.ts";
import type { ConsulCluster } from "./consul-cluster.ts";
import type { Credentials } from "./credentials.ts";
import type { DockerHost } from "./docker-host.ts";

/** Arguments for {@link RoutingTable}. */
export interface RoutingTableArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** The agent through which it is written. */
  readonly agent: ConsulAgent;
  readonly cluster: Pick<ConsulCluster, "identity">;
  readonly services: readonly ServiceSettings[];
  /** All hosts of the stack, those that are not reached and those of other data centres, too. */
  readonly hosts: readonly HostSettings[];
  /** Those of the data centre, whose balancers are to follow. */
  readonly balancerHosts: readonly DockerHost[];
  readonly loadBalancers: LoadBalancerSettings;
  readonly credentials: Credentials;
}

/**
 * Which requests go to which service, and how many of them at once: written to the Consul of a data centre, from where each
 * of its balancers takes it without a restart.
 */
export class RoutingTable extends pulumi.ComponentResource {
  constructor(name: string, args: RoutingTableArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:RoutingTable", name, {}, opts);
    const { stack, host, hosts, agent, cluster, services, balancerHosts, loadBalancers, credentials } = args;
    programCommand<RoutesArgs>(
      name,
      { update: "routes.ts" },
      {
        stack,
        balancerHosts: balancerHosts.map(({ settings }) => settings.docker),
        balancersPerHost: loadBalancers.count,
        docker: host.settings.docker,
        agent: agent.containerName,
        token: credentials.registration.secretId,
        consulId: cluster.identity,
        routes: routingTable(services, { stack, datacenter: host.settings.datacenter, hosts, loadBalancers }),
        placement: services.map(({ name, hosts }) => ({ name, hosts })),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
