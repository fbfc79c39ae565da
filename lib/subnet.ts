import { createHash } from "node:crypto";
import { BlockList, isIPv4 } from "node:net";

/**
 * Layout of a network. The lower half is for fixed addresses (the gateway; in the control network Consul's servers, too),
 * the upper half for those that Docker hands out, so that the two never meet.
 */
interface Subnet {
  /** First address, as a number. */
  readonly base: number;
  readonly prefix: number;
}

/** Most Consul servers that there is room for, whatever their number is today. */
export const maxConsulServers = 7;

/** Reads an IPv4 network in CIDR notation; undefined when it is malformed or unfit for containers. */
export function parseSubnet(cidr: string): Subnet | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr)?.slice(1).map(Number);
  if (!parts) return undefined;
  const [prefix = 0, ...octets] = [parts.at(-1), ...parts.slice(0, 4)];
  if (prefix < 8 || prefix > 28 || octets.some((octet) => octet === undefined || octet > 255))
    return undefined;

  const base = octets.reduce<number>((sum, octet = 0) => sum * 256 + octet, 0);
  const [first = 0] = octets;
  return isUnicast(first) && base % sizeOf(prefix) === 0 ? { base, prefix } : undefined;
}

/** Whether IPv4 addresses that begin with this number can be a machine's that others reach: neither loopback nor multicast. */
export const isUnicast = (first: number) => first >= 1 && first <= 223 && first !== 127;

/**
 * The control network of a stack that names none: one of the 2,048 with 64 addresses in 198.18.0.0/15, which RFC 2544 sets
 * aside for tests of network devices, so that no LAN and no network that Docker chooses is there. By the stack's name,
 * which is its own on a host.
 */
export function controlSubnetOf(stack: string): string {
  const [base, prefix] = [0xc6_12_00_00, 26];
  const place = createHash("sha256").update(stack).digest().readUInt16BE() % 2 ** (prefix - 15);
  return `${addressText(base + place * sizeOf(prefix))}/${prefix}`;
}

/** Address of the network's gateway. */
export function gatewayAddress(cidr: string): string {
  return addressText(subnetOf(cidr).base + 1);
}

/** Address of a Consul server, numbered from 1, in the control network. */
export function consulAddress(cidr: string, server: number): string {
  return addressText(subnetOf(cidr).base + 1 + server);
}

/** Address of a host's Consul agent in the network of the balancers and the services, where it has a fixed one. */
export function agentAddress(cidr: string): string {
  return addressText(subnetOf(cidr).base + 2);
}

/** The part of the network, in CIDR notation, from which Docker hands out addresses (its `ipRange`). */
export function dynamicRange(cidr: string): string {
  const { base, prefix } = subnetOf(cidr);
  return `${addressText(base + sizeOf(prefix) / 2)}/${prefix + 1}`;
}

/** Number of addresses that Docker can hand out in a network of this prefix; the last is the broadcast. */
export function dynamicCapacity(prefix: number): number {
  return sizeOf(prefix) / 2 - 1;
}

/** The longest prefix, so the smallest network, with room for this many dynamic addresses and so many servers'. */
export function prefixFor(dynamicAddresses: number, servers = 0): number {
  const fixed = 2 + servers; // the network's own address and the gateway come before the servers
  const half = Math.max(fixed, dynamicAddresses + 1);
  return 31 - Math.ceil(Math.log2(half));
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

function subnetOf(cidr: string): Subnet {
  const subnet = parseSubnet(cidr);
  if (!subnet) throw new Error(`not a usable IPv4 network: ${cidr}`);
  return subnet;
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** Whether two IPv4 networks in CIDR notation, of whatever size, have addresses in common; no, where one is something else. */
export function subnetsOverlap(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

function contains(outer: string, inner: string): boolean {
  const [[base = "", prefix = ""], [other = ""]] = [outer.split("/"), inner.split("/")];
  if (!isIPv4(base) || !isIPv4(other)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(prefix));
  return list.check(other);
}

/** A network in CIDR notation from what /proc/net/route has: address and mask, hexadecimal in little-endian order. */
export function cidrOf(destination: string, mask: string): string {
  const bytes = (hex: string) => (hex.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16));
  const prefix = bytes(mask)
    .map((byte) => byte.toString(2).replaceAll("0", "").length)
    .reduce((a, b) => a + b, 0);
  return `${bytes(destination).join(".")}/${prefix}`;
}
