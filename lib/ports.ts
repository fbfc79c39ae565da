import type { Path } from "../config/faults.ts";
import type {
  ConsulSettings,
  HostSettings,
  LoadBalancerSettings,
  ServiceSettings,
  Settings,
} from "../config/settings.ts";
import { agentGossipPort, serverPorts } from "./consul-peers.ts";
import { inDataCentre } from "./data-centres.ts";

/** A port of a Docker host that something takes. */
export interface HostPort {
  readonly port: number;
  /** Address of the host on which the port is open. */
  readonly ip: "0.0.0.0" | "127.0.0.1";
  /** Who takes it, for messages. */
  readonly what: string;
  /** The setting that it derives from, and how far it is from that setting's value. */
  readonly path: Path;
  readonly offset: number;
}

type PortSettings = Pick<Settings, "loadBalancers" | "services"> & {
  readonly consul: Pick<ConsulSettings, "port" | "peerPort">;
  readonly hosts: readonly Pick<HostSettings, "datacenter">[];
};

/** Port on which balancer i, numbered from 1, answers alone. */
export function balancerPort({ port }: LoadBalancerSettings, balancer: number): number {
  return port + 101 * balancer;
}

/** Port of balancer i's statistics page. */
export function statsPort({ statsPort }: LoadBalancerSettings, balancer: number): number {
  return statsPort + balancer;
}

/** Port of Consul server i's UI and API. */
export function consulPort({ port }: Pick<ConsulSettings, "port">, server: number): number {
  return port + server - 1;
}

/**
 * Port inside `front` behind a port that is published on IPv6. Not the one that stands behind it on IPv4: an engine tells
 * the two addresses of one port in an order that changes from start to start, which the provider takes for a change.
 */
export const ipv6Twin = (port: number) => port ^ 0x8000;

/** Ports inside `front` at which HAProxy answers for one that is published. */
export function insidePorts(port: number, { ipv6 }: Pick<LoadBalancerSettings, "ipv6">): number[] {
  return ipv6 ? [port, ipv6Twin(port)] : [port];
}

/** Ports that a host's front container publishes: for all balancers there may ever be, not only today's. */
export function frontPorts({ loadBalancers, services, hosts }: Omit<PortSettings, "consul">): HostPort[] {
  const { port, peerPort, statsPort: firstStats, max } = loadBalancers;
  const balancers = Array.from({ length: max }, (_, index) => index + 1);
  return [
    ...services.flatMap(({ name, publish }) =>
      publish === undefined ? [] : [open(publish, publish, `service ${name}`, ["services", name, "publish"])],
    ),
    ...balancers.map((i) =>
      local(statsPort(loadBalancers, i), firstStats, `the statistics page of balancer ${i}`, statsPath),
    ),
    open(port, port, "the balancers together", portPath),
    ...balancers.map((i) => open(balancerPort(loadBalancers, i), port, `balancer ${i}`, portPath)),
    ...(hosts.length > 1 ? [open(peerPort, peerPort, "the balancers of other hosts", peerPath)] : []),
    ...(hosts.length > 1 && speaksTcp(services)
      ? [open(peerTcpPort(loadBalancers), peerPort, "the balancers of other hosts, for TCP", peerPath)]
      : []),
  ];
}

/** Whether any service speaks TCP, for which the balancers of other hosts have a port of its own. */
export const speaksTcp = (services: readonly Pick<ServiceSettings, "protocol">[]) =>
  services.some(({ protocol }) => protocol === "tcp");

/** Port at which the balancers of other hosts reach this host's copies that speak TCP. */
export const peerTcpPort = ({ peerPort }: Pick<LoadBalancerSettings, "peerPort">) => peerPort + 1;

/** Every port that is taken on a host. */
export function hostPorts(
  settings: PortSettings,
  host: Pick<HostSettings, "consulServers" | "datacenter">,
): HostPort[] {
  const { consul, hosts } = settings;
  const { peerPort } = consul;
  const heard = (port: number, what: string) => open(port, peerPort, what, ["consul", "peerPort"]);
  return [
    ...host.consulServers.map((i) =>
      local(consulPort(consul, i), consul.port, `Consul server ${i}`, ["consul", "port"]),
    ),
    ...(inDataCentre(hosts, host.datacenter).length > 1
      ? [
          ...host.consulServers.flatMap((i) => {
            const { rpcPort, gossipPort } = serverPorts(i, consul);
            return [rpcPort, gossipPort].map((port) => heard(port, `Consul server ${i} for the other hosts`));
          }),
          heard(agentGossipPort(consul), "the Consul agent for the other hosts"),
        ]
      : []),
    ...frontPorts(settings),
  ];
}

const portPath = ["loadBalancers", "port"];
const peerPath = ["loadBalancers", "peerPort"];
const statsPath = ["loadBalancers", "statsPort"];

function open(port: number, base: number, what: string, path: Path): HostPort {
  return { port, ip: "0.0.0.0", what, path, offset: port - base };
}

function local(port: number, base: number, what: string, path: Path): HostPort {
  return { port, ip: "127.0.0.1", what, path, offset: port - base };
}
