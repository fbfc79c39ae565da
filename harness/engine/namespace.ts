import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Networks of two addresses that ours come from; the Docker networks of the tests lie elsewhere. */
const addressesOf = (range: number) => ({ host: `10.212.${range}.1`, guest: `10.212.${range}.2` });
const folder = "/run/netns";
const forwarding = "/proc/sys/net/ipv4/ip_forward";

/** Name of the host's end of the cable: at most 15 characters. */
const cableOf = (range: number) => `fe2e${range}`;

export interface Namespace {
  readonly name: string;
  /** Its address. */
  readonly guest: string;
  /** Size of packets that fits the way out. */
  readonly mtu: number;
  /** This end of its cable. */
  readonly cable: string;
  /** Number of its network. */
  readonly range: number;
}

/**
 * A network namespace that reaches the outside, and others that were made beside it, through the one that it is created in,
 * and is reached from there at its address. One that is to be what another was before is given the number of its network.
 */
export function createNamespace(name: string, range = freeRange()): Namespace {
  const { device, mtu } = wayOut();
  const { host, guest } = addressesOf(range);
  const cable = cableOf(range);
  const inside = (...args: string[]) => ip("-n", name, ...args);
  ip("netns", "add", name);
  ip(
    "link",
    "add",
    cable,
    "mtu",
    `${mtu}`,
    "type",
    "veth",
    "peer",
    "name",
    "uplink",
    "mtu",
    `${mtu}`,
    "netns",
    name,
  );
  ip("address", "add", `${host}/30`, "dev", cable);
  ip("link", "set", cable, "up");
  inside("link", "set", "lo", "up");
  inside("address", "add", `${guest}/30`, "dev", "uplink");
  inside("link", "set", "uplink", "up");
  inside("route", "add", "default", "via", host);
  // First in their chains, since Docker's own rules drop what they don't know.
  const comment = ["-m", "comment", "--comment", name];
  iptables("-I", "FORWARD", "-i", cable, ...comment, "-j", "ACCEPT");
  iptables("-I", "FORWARD", "-o", cable, ...comment, "-j", "ACCEPT");
  iptables(
    "-t",
    "nat",
    "-I",
    "POSTROUTING",
    "-s",
    `${guest}/32`,
    "-o",
    device,
    ...comment,
    "-j",
    "MASQUERADE",
  );
  // On wherever a Docker engine has run; it stays on, since one may have been started meanwhile.
  if (readFileSync(forwarding, "utf8").trim() === "0") writeFileSync(forwarding, "1");
  return { name, guest, mtu, cable, range };
}

/** Takes away whatever is there of a namespace, its cable and its firewall rules. */
export function removeNamespace(name: string): void {
  for (const table of ["filter", "nat"]) {
    for (const rule of iptables("-t", table, "-S").split("\n")) {
      if (!rule.split(" ").includes(name)) continue;
      iptables("-t", table, ...rule.replace(/^-A/, "-D").split(" "));
    }
  }
  if (!namespaces().includes(name)) return;
  // One end takes the other along at once, where the namespace would do so in its own time. It may not be there.
  spawnSync("ip", ["-n", name, "link", "delete", "uplink"]);
  ip("netns", "delete", name);
}

export function namespaces(): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Every process whose network this is. */
export function processesIn(name: string): number[] {
  return namespaces().includes(name) ? ip("netns", "pids", name).split("\n").filter(Boolean).map(Number) : [];
}

function wayOut(): { device: string; mtu: number } {
  const [route] = JSON.parse(ip("-json", "route", "show", "default"));
  if (route === undefined)
    throw new Error("This machine has no default route, so a build could not reach a registry.");
  const [link] = JSON.parse(ip("-json", "link", "show", "dev", route.dev));
  return { device: route.dev, mtu: link.mtu };
}

function freeRange(): number {
  const taken = ip("-json", "address", "show");
  // Seen from inside of one, its own range has but the other end.
  const isFree = (range: number) =>
    Object.values(addressesOf(range)).every((address) => !taken.includes(`"${address}"`));
  const free = Array.from({ length: 255 }, (_, n) => n).find(isFree);
  if (free === undefined) throw new Error("Every network 10.212.*.0/30 is in use.");
  return free;
}

export const ip = (...args: string[]) =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
export const iptables = (...args: string[]) =>
  execFileSync("iptables", ["-w", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
