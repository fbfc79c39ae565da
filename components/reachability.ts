import * as pulumi from "@pulumi/pulumi";
import type { HostsReachArgs } from "../commands/hosts-reach.ts";
import type { HostSettings, LoadBalancerSettings, ServiceSettings } from "../config/settings.ts";
import { peerAddressOf } from "../lib/data-centres.ts";
import { peerTcpPort, speaksTcp } from "../lib/ports.ts";
import { programCommand } from "./command-input.ts";
import type { ConsulAgent } from "./consul-agent.ts";
import type { DockerHost } from "./docker-host.ts";

/** Arguments for {@link Reachability}. */
export interface ReachabilityArgs {
  readonly host: DockerHost;
  readonly agent: ConsulAgent;
  /** Every host of the stack. */
  readonly hosts: readonly HostSettings[];
  readonly services: readonly ServiceSettings[];
  readonly loadBalancers: LoadBalancerSettings;
}

/** Whether a host's balancers reach those of the others, told once all of them are there. */
export class Reachability extends pulumi.ComponentResource {
  constructor(name: string, args: ReachabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Reachability", name, {}, opts);
    const { host, agent, hosts, services, loadBalancers } = args;
    const ports = [loadBalancers.peerPort, ...(speaksTcp(services) ? [peerTcpPort(loadBalancers)] : [])];
    const others = hosts.filter(({ key }) => key !== host.key);
    programCommand<HostsReachArgs>(
      name,
      { update: "hosts-reach.ts" },
      {
        host: host.key,
        docker: host.settings.docker,
        agent: agent.containerName,
        places: others.flatMap((other) => {
          const { address, setting } = peerAddressOf(other, host.settings);
          const what = `the balancers of host ${other.key}`;
          return ports.map((port) => ({
            address,
            port,
            what,
            setting: `flotilla:hosts.${other.key}.${setting}`,
          }));
        }),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
