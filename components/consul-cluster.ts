import * as pulumi from "@pulumi/pulumi";
import type { ConsulServerArgs } from "../commands/consul-server.ts";
import type { ConsulSetupArgs, Policy } from "../commands/consul-setup.ts";
import type { ForgetHostArgs } from "../commands/forget-host.ts";
import type { ConsulSettings, HostSettings, NetworkSettings } from "../config/settings.ts";
import {
  joinAddress,
  type PeerSettings,
  rpcAddress,
  serverNodeId,
  serverNumbers,
  serverPeer,
} from "../lib/consul-peers.ts";
import {
  agentPolicyName,
  agentRules,
  balancerRules,
  operatorRules,
  policyName,
  registrationRules,
  serverRules,
} from "../lib/consul-policies.ts";
import { peersFile } from "../lib/consul-recovery.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { agentName, consulServerName, dataVolumeName, joined } from "../lib/names.ts";
import { consulPort } from "../lib/ports.ts";
import { renderFile } from "../lib/render.ts";
import { consulAddress } from "../lib/subnet.ts";
import { uuidOf } from "../lib/uuid.ts";
import { type Inputs, programCommand } from "./command-input.ts";
import { peerPorts } from "./consul-ports.ts";
import { tlsFiles } from "./consul-tls.ts";
import { containerDefaults, limits } from "./container-defaults.ts";
import type { Credentials, Token } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import { namedVolume } from "./named-volume.ts";
import { secretFile } from "./secret-file.ts";

/** Arguments for {@link ConsulCluster}. */
export interface ConsulClusterArgs {
  readonly stack: string;
  readonly network: NetworkSettings;
  readonly consul: ConsulSettings;
  /** Hosts of the data centre that are reached; each says which servers live on it. */
  readonly hosts: readonly DockerHost[];
  /** All hosts of the data centre. */
  readonly allHosts: readonly HostSettings[];
  /** Whether the stack has no other data centre. */
  readonly isOnly: boolean;
  readonly credentials: Credentials;
  /** Whether Pulumi must refuse to delete the servers' data. */
  readonly protect: boolean;
  /** Whether none of the servers runs: then they are made side by side. */
  readonly isFresh: boolean;
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
  /** Their containers. */
  readonly servers: readonly pulumi.Resource[];
  /** Differs once Consul has lost its data: whoever has told it something depends on this, and tells it again. */
  readonly identity: pulumi.Output<string>;
  /** What the stack's tokens may do. */
  readonly policies: readonly Inputs<Policy>[];
  /**
   * By host, where the stack has several: its end has Consul forget what it had there. What ends with it is not asked itself.
   */
  readonly members: Readonly<Record<string, pulumi.Resource>>;
  /** A server to talk to, and the Docker endpoint of its host. */
  readonly contact: { readonly docker: Endpoint; readonly server: string };

  constructor(name: string, args: ConsulClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:ConsulCluster", name, {}, opts);

    const places = placement(args);
    const servers: Server[] = [];
    // The founders last: of servers that move to where they can't speak to the others, only founders make a quorum, and when
    // two of them are there, those that are left have none any more.
    for (const [index, place] of [...places.entries()].reverse()) {
      const next = consulServerName(args.stack, places[index - 1]?.number ?? 0);
      // No other data centre has a server of that number.
      servers.unshift(this.#server(joined("consul", place.number), place, next, args, servers[0]));
    }
    this.servers = servers.map(({ container }) => container);
    this.policies = policiesOf(args);
    this.contact = contactOf(args);
    const isAlone = args.isOnly && args.allHosts.length === 1;
    this.members = isAlone ? {} : this.#members("consul--member", args);
    const { datacenter = "" } = args.allHosts[0] ?? {};
    const setup = joined("consul", "setup", ...(args.isOnly ? [] : [datacenter]));
    this.identity = this.#setup(setup, places, args, servers);

    this.endpoints = places.map(({ number }) => ({
      name: consulServerName(args.stack, number),
      url: `http://127.0.0.1:${consulPort(args.consul, number)}/ui/`,
    }));
    this.registerOutputs({ endpoints: this.endpoints });
  }

  /** A server, and what waits for its quorum: the next one is replaced only after that. */
  #server(
    name: string,
    place: Place,
    next: string,
    args: ConsulClusterArgs,
    previous: Server | undefined,
  ): Server {
    const { number, host } = place;
    const { stack, network, consul, protect, isFresh } = args;
    const containerName = consulServerName(stack, number);
    const address = consulAddress(network.controlSubnet, number);
    const peer = serverPeer(number, peerSettings(args));
    const { datacenter } = host.settings;
    const data = namedVolume(
      joined(name, "data"),
      { stack, host: host.key, volume: dataVolumeName(containerName) },
      { parent: this, provider: host.provider, protect },
    );
    const realm = realmOf(datacenter, args);
    const details = { "flotilla.consul": consul.image, "flotilla.realm": realm };
    const container = new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "consul", details }),
        ...limits(consul),
        name: containerName,
        image: host.images.consul.imageId,
        // Always the same, also where others know it by another: what the kernel keeps of connections by UDP outlives a container.
        networksAdvanced: [{ name: host.controlNetworkName, ipv4Address: address }],
        // The provider compares them in ascending order.
        ports: [
          ...(peer.isPublished ? peerPorts([peer.rpcPort], peer.gossipPort) : []),
          { internal: 8500, external: consulPort(consul, number), ip: "127.0.0.1" },
        ].sort((a, b) => a.internal - b.internal),
        uploads: [
          secretFile("/consul/config/server.hcl", serverConfig(place, args)),
          ...tlsFiles(args.credentials, { role: "server", datacenter, name: containerName }),
          { file: "/consul/founders.json", content: foundersFile(args) },
        ],
        volumes: [{ volumeName: data.name, containerPath: "/consul/data" }],
        // One that is replaced ends within half a second. The last one of all waits 9 s for those that are gone; it
        // keeps its data through a SIGKILL as well.
        destroyGraceSeconds: 1,
      },
      {
        parent: this,
        provider: host.provider,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["uploads"],
        // Replacements never overlap.
        ...(previous && !isFresh && { dependsOn: previous.quorum }),
      },
    );
    const quorum = programCommand<ConsulServerArgs>(
      joined(name, "quorum"),
      // Where all are new there is nothing to wait for, since a quorum needs the ones to come.
      {
        create: isFresh ? null : "consul-server.ts",
        update: "consul-server.ts",
        delete: "consul-server.ts --leave",
      },
      {
        stack,
        docker: host.settings.docker,
        serverHosts: args.hosts.map(({ settings }) => settings.docker),
        server: containerName,
        next,
        address: rpcAddress(peer),
        realm,
        founders: founders(consul.servers),
        containerId: container.id,
        managementToken: args.credentials.management.secretId,
      },
      { parent: this, dependsOn: container, ignoreChanges: ["create"] },
    );
    return { container, quorum };
  }

  #members(name: string, args: ConsulClusterArgs): Record<string, pulumi.Resource> {
    const { stack, allHosts, credentials } = args;
    const members = allHosts.map(({ key, consulServers }) => {
      const servers = consulServers.map((number) => consulServerName(stack, number));
      const member = programCommand<ForgetHostArgs>(
        joined(name, key),
        { create: null, update: "forget-host.ts --nothing", delete: "forget-host.ts" },
        {
          host: key,
          nodes: [agentName(stack, key), ...servers],
          ...contactOf(args, key),
          managementToken: credentials.management.secretId,
        },
        { parent: this },
      );
      return [key, member] as const;
    });
    return Object.fromEntries(members);
  }

  #setup(
    name: string,
    places: readonly Place[],
    args: ConsulClusterArgs,
    servers: readonly Server[],
  ): pulumi.Output<string> {
    const { stack, hosts, credentials } = args;
    if (places.length === 0) return pulumi.output("");
    const setup = programCommand<ConsulSetupArgs>(
      name,
      { create: "consul-setup.ts", update: "consul-setup.ts --whole" },
      {
        stack,
        ...this.contact,
        servers: places.map(({ number }) => consulServerName(stack, number)),
        allServers: allServers(args),
        places: otherPlaces(this.contact.server, args),
        containerIds: servers.map(({ container }) => container.id),
        hosts: Object.fromEntries(hosts.map(({ key, settings }) => [key, settings.docker])),
        managementToken: credentials.management.secretId,
        gossipKey: credentials.gossipKey,
        policies: this.policies,
      },
      { parent: this, dependsOn: servers.map(({ quorum }) => quorum) },
    );
    return setup.stdout;
  }
}

function policiesOf({ stack, allHosts, credentials }: ConsulClusterArgs): Inputs<Policy>[] {
  const { server, balancer, registration, operator } = credentials;
  const policy = (name: string, description: string, rules: string, token: Token) => ({
    name,
    description,
    rules,
    accessorId: token.accessorId,
    secretId: token.secretId,
  });
  return [
    // Under the name that agents shared, too, before each had its own, so that it is made smaller in place.
    policy(policyName("agent"), "Consul's servers, for their own upkeep", serverRules(stack), server),
    ...allHosts.map(({ key }) =>
      policy(
        agentPolicyName(key),
        `Consul's agent on host ${key}, for its own upkeep`,
        agentRules(stack, key),
        credentials.agentOn(key),
      ),
    ),
    policy(
      policyName("balancer"),
      "balancers: read the catalogue and the routes",
      balancerRules(stack),
      balancer,
    ),
    policy(
      policyName("registration"),
      "pulumi up, movers: registrations and routes",
      registrationRules(stack),
      registration,
    ),
    policy(policyName("operator"), "npm run maintenance, npm run rollback", operatorRules, operator),
  ];
}

/** The first server that is reached or, where none is, the first of all; on another host than one that goes, if there is any. */
function contactOf({ stack, hosts, allHosts }: ConsulClusterArgs, going?: string): ConsulCluster["contact"] {
  const reached = hosts.map(({ settings }) => settings);
  const staying = (some: readonly HostSettings[]) => some.filter(({ key }) => key !== going);
  const inOrder = [staying(reached), staying(allHosts), reached, allHosts];
  const [number = 1] = inOrder.flatMap(serverNumbers);
  const home = allHosts.find(({ consulServers }) => consulServers.includes(number));
  return { docker: home?.docker ?? "", server: consulServerName(stack, number) };
}

/** Where the server that is talked to must reach the others, where they are on several hosts. */
function otherPlaces(contact: string, args: ConsulClusterArgs): ConsulSetupArgs["places"] {
  const { stack, allHosts } = args;
  return allHosts.flatMap(({ key, consulServers }) =>
    consulServers.flatMap((number) => {
      const { address, rpcPort, isPublished } = serverPeer(number, peerSettings(args));
      if (!isPublished || consulServerName(stack, number) === contact) return [];
      const what = `Consul server ${number} on host ${key}`;
      return [{ address, port: rpcPort, what, setting: `flotilla:hosts.${key}.peerAddress` }];
    }),
  );
}

/** Where a server lives. */
interface Place {
  readonly number: number;
  readonly host: DockerHost;
}

interface Server {
  readonly container: docker.Container;
  readonly quorum: pulumi.Resource;
}

function serverConfig({ number, host }: Place, args: ConsulClusterArgs): pulumi.Output<string> {
  const { stack, consul, credentials } = args;
  const { gossipKey, management, server } = credentials;
  const peers = peerSettings(args);
  return pulumi
    .all([gossipKey, management.secretId, server.secretId])
    .apply(([gossipKey, managementToken, agentToken]) =>
      renderFile("consul/server.hcl.mustache", {
        number,
        stack,
        datacenter: host.settings.datacenter,
        nodeName: consulServerName(stack, number),
        nodeId: serverNodeId(stack, number),
        peer: serverPeer(number, peers),
        bootstrapExpect: founderNumbers(peers).includes(number) ? founders(consul.servers) : undefined,
        joinAddresses: joinAddresses(peers),
        gossipKey,
        managementToken,
        agentToken,
      }),
    );
}

/** The founders as Consul reads them from `raft/peers.json`, by which servers with new addresses find each other. */
function foundersFile(args: ConsulClusterArgs): string {
  const peers = founderNumbers(peerSettings(args)).map((number) => ({
    id: serverNodeId(args.stack, number),
    address: rpcAddress(serverPeer(number, peerSettings(args))),
  }));
  return peersFile(peers);
}

/** Differs between servers that can't speak to each other. */
function realmOf(datacenter: string, args: ConsulClusterArgs): pulumi.Output<string> {
  const { network, consul, credentials, allHosts } = args;
  const place = allHosts.length < 2 ? network.controlSubnet : `hosts ${consul.peerPort}`;
  return pulumi.interpolate`${datacenter} ${place} ${credentials.authority}`.apply(uuidOf);
}

const peerSettings = ({ network, consul, allHosts }: ConsulClusterArgs): PeerSettings => ({
  network,
  consul,
  hosts: allHosts,
});

/** Names of all servers that there are to be, those on hosts that are not reached, too. */
const allServers = ({ stack, allHosts }: ConsulClusterArgs) =>
  serverNumbers(allHosts).map((number) => consulServerName(stack, number));

function placement({ hosts }: Pick<ConsulClusterArgs, "hosts">): Place[] {
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
const founderNumbers = ({ consul, hosts }: PeerSettings) =>
  serverNumbers(hosts).slice(0, founders(consul.servers));

/** Addresses that servers and agents join by, as a list in HCL: the founders', which don't change with the count. */
export function joinAddresses(settings: PeerSettings): string {
  return founderNumbers(settings)
    .map((number) => `"${joinAddress(serverPeer(number, settings))}"`)
    .join(", ");
}
