import * as pulumi from "@pulumi/pulumi";
import type { ConsulServerArgs } from "../commands/consul-server.ts";
import type { ConsulSetupArgs } from "../commands/consul-setup.ts";
import type { ConsulSettings, NetworkSettings } from "../config/settings.ts";
import { agentRules, balancerRules, registrationRules } from "../lib/consul-policies.ts";
import { consulServerName } from "../lib/names.ts";
import { consulPort } from "../lib/ports.ts";
import { renderFile } from "../lib/render.ts";
import { consulAddress } from "../lib/subnet.ts";
import { uuidOf } from "../lib/uuid.ts";
import { programCommand } from "./command-input.ts";
import { containerDefaults, limits } from "./container-defaults.ts";
import type { Credentials, Token } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import { volumeLabels } from "./volume-container.ts";

/** Arguments for {@link ConsulCluster}. */
export interface ConsulClusterArgs {
  readonly stack: string;
  readonly network: NetworkSettings;
  readonly consul: ConsulSettings;
  /** Hosts of the data centre; each says which servers live on it. */
  readonly hosts: readonly DockerHost[];
  readonly credentials: Credentials;
  /** Whether Pulumi must refuse to delete the servers' data. */
  readonly protect: boolean;
}

/** A Consul server as users reach it. */
export interface ConsulEndpoint {
  readonly name: string;
  readonly url: string;
}

/**
 * The Consul servers of a data centre. They are created together, but replaced one at a time, each next one only once
 * the cluster is whole again; one that is taken away leaves first.
 */
export class ConsulCluster extends pulumi.ComponentResource {
  readonly endpoints: readonly ConsulEndpoint[];

  constructor(name: string, args: ConsulClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:ConsulCluster", name, {}, opts);

    const places = placement(args);
    const servers: pulumi.Resource[] = [];
    for (const { number, host } of places) {
      const server = this.#server(`${name}-${number}`, number, host, args, servers.at(-1));
      servers.push(this.#quorum(`${name}-${number}-quorum`, server, number, host, args));
    }
    this.#setup(`${name}-setup`, args, servers);

    this.endpoints = places.map(({ number }) => ({
      name: consulServerName(args.stack, number),
      url: `http://127.0.0.1:${consulPort(args.consul, number)}/ui/`,
    }));
    this.registerOutputs({ endpoints: this.endpoints });
  }

  #server(
    name: string,
    number: number,
    host: DockerHost,
    args: ConsulClusterArgs,
    previous: pulumi.Resource | undefined,
  ): docker.Container {
    const { stack, network, consul, credentials, protect } = args;
    const { subnet } = network;
    const { datacenter } = host.settings;
    const containerName = consulServerName(stack, number);
    const address = consulAddress(subnet, number);
    const data = new docker.Volume(
      `${name}-data`,
      { name: `${containerName}-data`, labels: volumeLabels(stack, host.key) },
      { parent: this, provider: host.provider, protect },
    );
    const config = pulumi
      .all([credentials.gossipKey, credentials.management.secretId, credentials.agent.secretId])
      .apply(([gossipKey, managementToken, agentToken]) =>
        renderFile("consul/server.hcl.mustache", {
          number,
          stack,
          datacenter: datacenter,
          nodeName: containerName,
          nodeId: uuidOf(`${stack} ${datacenter} server ${number}`),
          address,
          bootstrapExpect: bootstrapExpect(number, consul.servers),
          joinAddresses: joinAddresses(subnet, consul.servers),
          gossipKey,
          managementToken,
          agentToken,
        }),
      );
    return new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "consul" }),
        ...limits(consul),
        name: containerName,
        image: host.images.consul.imageId,
        networksAdvanced: [{ name: host.networkName, ipv4Address: address }],
        ports: [{ internal: 8500, external: consulPort(consul, number), ip: "127.0.0.1" }],
        uploads: [{ file: "/consul/config/server.hcl", content: pulumi.secret(config) }],
        volumes: [{ volumeName: data.name, containerPath: "/consul/data" }],
        // One that is replaced ends within half a second. The last one of all waits 9 s for those that are gone; it
        // keeps its data through a SIGKILL as well.
        destroyGraceSeconds: 3,
      },
      {
        parent: this,
        provider: host.provider,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["uploads"],
        // Waits for the previous server's quorum, so that replacements never overlap.
        ...(previous && { dependsOn: previous }),
      },
    );
  }

  /** Acts when the server changes: nothing to wait for at its creation, since a quorum needs the ones to come. */
  #quorum(name: string, server: docker.Container, number: number, host: DockerHost, args: ConsulClusterArgs) {
    return programCommand<ConsulServerArgs>(
      name,
      { create: null, update: "consul-server.ts", delete: "consul-server.ts --leave" },
      {
        docker: host.settings.docker,
        server: consulServerName(args.stack, number),
        stack: args.stack,
        containerId: server.id,
        managementToken: args.credentials.management.secretId,
      },
      { parent: this, dependsOn: server },
    );
  }

  #setup(name: string, args: ConsulClusterArgs, servers: readonly pulumi.Resource[]): void {
    const { stack, consul, credentials } = args;
    const policy = (role: string, description: string, rules: string, { accessorId, secretId }: Token) => ({
      name: `flotilla-${role}`,
      description,
      rules,
      accessorId,
      secretId,
    });
    const first = placement(args)[0];
    if (!first) return;
    programCommand<ConsulSetupArgs>(
      name,
      { update: "consul-setup.ts" },
      {
        docker: first.host.settings.docker,
        server: consulServerName(stack, first.number),
        servers: consul.servers,
        managementToken: credentials.management.secretId,
        policies: [
          policy("agent", "Consul's agents, for their own upkeep", agentRules, credentials.agent),
          policy(
            "balancer",
            "balancers: read the catalogue and the routes",
            balancerRules,
            credentials.balancer,
          ),
          policy(
            "registration",
            "pulumi up: registrations and routes",
            registrationRules,
            credentials.registration,
          ),
        ],
      },
      { parent: this, dependsOn: [...servers] },
    );
  }
}

function placement({ hosts }: Pick<ConsulClusterArgs, "hosts">) {
  return hosts
    .flatMap((host) => host.settings.consulServers.map((number) => ({ number, host })))
    .sort((a, b) => a.number - b.number);
}

/** Servers that a cluster of the given size is first formed of. */
const founders = (servers: number) => Math.min(servers, 3);

/**
 * The first three found the cluster and the others join it, at every size from three: so scaling leaves the
 * configuration of those that are there as it is, and no two groups can ever found a cluster each.
 */
function bootstrapExpect(number: number, servers: number): number | undefined {
  return number <= founders(servers) ? founders(servers) : undefined;
}

/** Addresses that agents join by, as a list in HCL: the founders', which don't change with the count. */
export function joinAddresses(subnet: string, servers: number): string {
  return Array.from(
    { length: founders(servers) },
    (_, index) => `"${consulAddress(subnet, index + 1)}"`,
  ).join(", ");
}
