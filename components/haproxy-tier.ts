import type { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { BalancersReadyArgs } from "../commands/balancers-ready.ts";
import type { HostSettings, LoadBalancerSettings, ServiceSettings } from "../config/settings.ts";
import { balancerPrefix, frontName } from "../lib/names.ts";
import {
  balancerPort,
  frontPorts,
  insidePorts,
  ipv6Twin,
  peerTcpPort,
  speaksTcp,
  statsPort,
} from "../lib/ports.ts";
import { renderFile } from "../lib/render.ts";
import { httpUrl } from "../lib/url.ts";
import { programCommand } from "./command-input.ts";
import { AGENT_SOCKET, type ConsulAgent } from "./consul-agent.ts";
import { containerDefaults, limits } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import { secretFile } from "./secret-file.ts";

/**
 * Connections that a balancer takes at once where its memory, in MiB, is limited. Measured: 48 MiB without any (HAProxy's two
 * processes, consul-template), and for each 14 KiB while its request waits, 45 KiB with all the headers there may be, 97 KiB
 * while a long answer goes to a client that is slow to read it.
 */
const connectionsIn = (memory: number) => Math.max(160, (memory - 48) * 10);

/** As many as the engine's limit of open files usually has room for where memory is not limited. */
const usualConnections = 32_768;

/** Arguments for {@link HaproxyTier}. */
export interface HaproxyTierArgs {
  readonly stack: string;
  readonly host: DockerHost;
  readonly agent: ConsulAgent;
  readonly loadBalancers: LoadBalancerSettings;
  /** Every host whose balancers send requests to each other's copies. */
  readonly hosts: readonly HostSettings[];
  /** Services of the stack, for the ports that they publish. */
  readonly services: readonly ServiceSettings[];
  readonly credentials: Credentials;
  /** Whether nothing of the stack runs: then balancers, which wait for Consul by themselves, are made beside it. */
  readonly isFresh: boolean;
}

/** A balancer as users reach it. */
export interface BalancerEndpoint {
  readonly name: string;
  readonly url: string;
  readonly statsUrl: string;
}

/**
 * The HAProxy balancers of a host. They live in the network namespace of `front`, which publishes their ports, and all
 * bind the same one: so old and new ones run side by side while they are replaced, and no connection is refused.
 */
export class HaproxyTier extends pulumi.ComponentResource {
  /** Address of all balancers together. */
  readonly url: string;
  readonly endpoints: readonly BalancerEndpoint[];
  /** Holds their network namespace. */
  readonly front: pulumi.Resource;
  /** There once every balancer serves. */
  readonly ready: Command;

  constructor(name: string, args: HaproxyTierArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:HaproxyTier", name, {}, opts);
    const { stack, host, loadBalancers } = args;
    const numbers = Array.from({ length: loadBalancers.count }, (_, index) => index + 1);

    const front = this.#front(frontName(stack, host.key), args);
    this.front = front;
    const balancers = numbers.map((number) => this.#balancer(number, front, args));
    this.ready = this.#ready(`${name}-ready`, balancers, args);

    const { address } = host.settings;
    this.url = httpUrl(address, loadBalancers.port);
    this.endpoints = numbers.map((number) => ({
      name: balancerPrefix(stack, host.key, number),
      url: httpUrl(address, balancerPort(loadBalancers, number)),
      statsUrl: httpUrl("127.0.0.1", statsPort(loadBalancers, number)),
    }));
    this.registerOutputs({ url: this.url, endpoints: this.endpoints });
  }

  #front(name: string, { stack, host, hosts, loadBalancers, services }: HaproxyTierArgs): docker.Container {
    return new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "front" }),
        name,
        image: host.images.front.imageId,
        networkMode: host.networkName,
        // The provider compares ports in ascending order (kreuzwerker/terraform-provider-docker#909).
        ports: frontPorts({ loadBalancers, services, hosts })
          .flatMap(({ port, ip }) => [
            { internal: port, external: port, ip },
            ...(loadBalancers.ipv6 && ip === "0.0.0.0"
              ? [{ internal: ipv6Twin(port), external: port, ip: "::" }]
              : []),
          ])
          .sort((a, b) => a.internal - b.internal),
        // Connections that a closing balancer has not accepted yet go to one that stays (Linux 5.14 on).
        sysctls: { "net.ipv4.tcp_migrate_req": "1" },
        destroyGraceSeconds: 1,
      },
      // Everything but ports, name and network stays what it was when the container was made: it has nothing to run or
      // to tell, and to replace it is to close the ports.
      {
        parent: this,
        deleteBeforeReplace: true,
        ignoreChanges: [
          "image",
          "labels",
          "logDriver",
          "logOpts",
          "restart",
          "removeVolumes",
          "destroyGraceSeconds",
          "user",
          "capabilities",
          "securityOpts",
          "readOnly",
        ],
      },
    );
  }

  #balancer(number: number, front: docker.Container, args: HaproxyTierArgs): docker.Container {
    const { stack, host, hosts, services, agent, loadBalancers, credentials, isFresh } = args;
    const hasPeers = hosts.length > 1;
    const maxconn = loadBalancers.memory && connectionsIn(loadBalancers.memory);
    const connections = maxconn ?? usualConnections;
    // Whatever the limit is, nobody is to take all there are.
    const mostPerClient = Math.min(loadBalancers.maxConnectionsPerClient, connections / 2);
    const config = pulumi
      .all([credentials.balancer.secretId, credentials.statsPassword])
      .apply(([token, statsPassword]) => ({
        consulTemplate: renderFile("balancer/consul-template.hcl.mustache", {
          host: host.key,
          socket: AGENT_SOCKET,
          token,
        }),
        haproxy: renderFile("balancer/haproxy.cfg.ctmpl.mustache", {
          ports: [loadBalancers.port, balancerPort(loadBalancers, number)].flatMap((port) =>
            insidePorts(port, loadBalancers).map((inside) => ({ inside, port })),
          ),
          statsPassword,
          node: agent.containerName,
          peers: hasPeers && {
            port: loadBalancers.peerPort,
            tcpPort: peerTcpPort(loadBalancers),
            domain: BALANCERS,
          },
          peerTcp: hasPeers && speaksTcp(services) && { port: peerTcpPort(loadBalancers), domain: BALANCERS },
          maxconn,
          trustedProxies: loadBalancers.trustedProxies,
          // 168 bytes each.
          clients: mostPerClient > 0 && { most: mostPerClient, room: 2 * connections },
          drain: loadBalancers.drain,
        }),
      }));
    const environment = renderFile("balancer/balancer.env.mustache", {
      name: `balancer-${host.key}-${number}`,
      statsPort: statsPort(loadBalancers, number),
    });
    return new docker.Container(
      balancerPrefix(stack, host.key, number),
      {
        ...containerDefaults({ stack, host: host.key, role: "balancer" }),
        ...limits(loadBalancers),
        image: host.images.balancer.imageId,
        networkMode: pulumi.interpolate`container:${front.id}`,
        uploads: [
          { file: "/etc/flotilla/balancer.env", content: environment },
          secretFile("/etc/flotilla/consul-template.hcl", config.consulTemplate),
          secretFile("/etc/flotilla/haproxy.cfg.ctmpl", config.haproxy),
          ...(hasPeers ? tlsFiles(credentials, host.key) : []),
        ],
        volumes: [host.logMount, agent.socketMount],
        destroyGraceSeconds: loadBalancers.stopGrace,
      },
      {
        parent: this,
        deleteBeforeReplace: false,
        additionalSecretOutputs: ["uploads"],
        dependsOn: [isFresh ? agent.socket : agent, host.logs],
      },
    );
  }

  #ready(name: string, balancers: readonly docker.Container[], { host }: HaproxyTierArgs): Command {
    return programCommand<BalancersReadyArgs>(
      name,
      { update: "balancers-ready.ts" },
      { docker: host.settings.docker, balancers: balancers.map(({ name }) => name) },
      { parent: this, dependsOn: [...balancers] },
    );
  }
}

/** The names that balancers call those of other hosts by end so, and their certificates are for all of these. */
const BALANCERS = "balancer.flotilla";

/** What the balancers of a host show, and ask of others, when they speak to those of other hosts. */
function tlsFiles(credentials: Credentials, host: string): docker.types.input.ContainerUpload[] {
  const own = credentials.certificateOf(`*.${BALANCERS}`, `balancers on ${host}`);
  return [
    { file: "/etc/flotilla/authority.pem", content: credentials.authority },
    secretFile("/etc/flotilla/peer.pem", pulumi.interpolate`${own.certificate}${own.key}`),
  ];
}
