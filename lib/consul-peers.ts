import type { ConsulSettings, HostSettings, NetworkSettings } from "../config/settings.ts";
import { consulAddress } from "./subnet.ts";
import { uuidOf } from "./uuid.ts";

/**
 * Where a Consul server or agent is heard by the others. On one host that is in the control network, at Consul's own ports.
 * Hosts have no network in common: there it is at the host's address, each at ports of its own, which stand inside its
 * container for what they are outside, since Consul tells them to others.
 */
export interface ConsulPeer {
  readonly address: string;
  /** Of RPC, which servers alone have. */
  readonly rpcPort: number;
  /** Of gossip, TCP and UDP. */
  readonly gossipPort: number;
  /** Whether the ports are published on the host. */
  readonly isPublished: boolean;
}

/** What the places of Consul's peers derive from. */
export interface PeerSettings {
  readonly network: NetworkSettings;
  readonly consul: ConsulSettings;
  /** Every host of the data centre. */
  readonly hosts: readonly HostSettings[];
}

/** Consul's usual ports. */
const usual = { rpcPort: 8300, gossipPort: 8301 };

/** Where a server is heard. */
export function serverPeer(number: number, { network, consul, hosts }: PeerSettings): ConsulPeer {
  const home = hosts.find(({ consulServers }) => consulServers.includes(number));
  if (hosts.length < 2 || home === undefined)
    return { address: consulAddress(network.controlSubnet, number), ...usual, isPublished: false };
  return { address: home.peerAddress, ...serverPorts(number, consul), isPublished: true };
}

/** Ports of a server where there are several hosts. */
export function serverPorts(number: number, { peerPort }: Pick<ConsulSettings, "peerPort">) {
  const rpcPort = peerPort + 2 * number;
  return { rpcPort, gossipPort: rpcPort + 1 };
}

/** Numbers of all servers, in ascending order. */
export const serverNumbers = (hosts: readonly Pick<HostSettings, "consulServers">[]) =>
  hosts.flatMap(({ consulServers }) => consulServers).sort((a, b) => a - b);

/** Where a host's agent is heard by gossip; undefined on a single host, where it finds its own address. */
export function agentPeer(
  host: Pick<HostSettings, "peerAddress">,
  { consul, hosts }: Pick<PeerSettings, "consul" | "hosts">,
): Pick<ConsulPeer, "address" | "gossipPort"> | undefined {
  if (hosts.length < 2) return undefined;
  return { address: host.peerAddress, gossipPort: agentGossipPort(consul) };
}

/** As Consul has it, where the first port is the usual one; those of servers follow. */
export const agentGossipPort = ({ peerPort }: Pick<ConsulSettings, "peerPort">) => peerPort + 1;

/** Where servers come together, as Consul writes it in its list of peers. */
export const rpcAddress = ({ address, rpcPort }: ConsulPeer) => `${address}:${rpcPort}`;

/** The same where a server has noted it for itself, the usual port left out. */
export const rpcAddressOf = (noted: string) => (noted.includes(":") ? noted : `${noted}:${usual.rpcPort}`);

/** A server's node in Consul: it stays the same where a server has lost its data. */
export const serverNodeId = (stack: string, number: number) => uuidOf(`${stack} server ${number}`);

/** What others join it by. */
export const joinAddress = ({ address, gossipPort, isPublished }: ConsulPeer) =>
  isPublished ? `${address}:${gossipPort}` : address;
