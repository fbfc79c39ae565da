import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Networks of two addresses that ours come from; the Docker networks of the tests lie elsewhere. */
const range = (n: number) => ({ host: `10.212.${n}.1`, guest: `10.212.${n}.2` });
const folder = "/run/netns";
const forwarding = "/proc/sys/net/ipv4/ip_forward";

/** Name of the host's end of the cable; at most 15 characters, so the process id, and a word where a process has several. */
const cable = (id: number | string) => `fe2e${id}`;

/**
 * A network namespace that reaches the outside through the one that it is created in, at a network packet size that fits
 * the way out, and is reached from there at its address, `guest`.
 */
export function createNamespace(name: string, id: number | string): { mtu: number; guest: string } {
  const { device, mtu } = wayOut();
  const { host, guest } = freeRange();
  const inside = (...args: string[]) => ip("-n", name, ...args);
  ip("netns", "add", name);
  ip(
    "link",
    "add",
    cable(id),
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
  ip("address", "add", `${host}/30`, "dev", cable(id));
  ip("link", "set", cable(id), "up");
  inside("link", "set", "lo", "up");
  inside("address", "add", `${guest}/30`, "dev", "uplink");
  inside("link", "set", "uplink", "up");
  inside("route", "add", "default", "via", host);
  // First in their chains, since Docker's own rules drop what they don't know.
  const comment = ["-m", "comment", "--comment", name];
  iptables("-I", "FORWARD", "-i", cable(id), ...comment, "-j", "ACCEPT");
  iptables("-I", "FORWARD", "-o", cable(id), ...comment, "-j", "ACCEPT");
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
  return { mtu, guest };
}

/** Takes away whatever is there of a namespace, its cable and its firewall rules. */
export function removeNamespace(name: string, id: number | string): void {
  for (const table of ["filter", "nat"]) removeRules(table, name);
  if (existsSync(`/sys/class/net/${cable(id)}`)) ip("link", "delete", cable(id));
  if (namespaces().includes(name)) ip("netns", "delete", name);
}

/** Drops all packets that a rule of iptables is about, until they are let through again under the same name. */
export function drop(name: string, ...rules: readonly (readonly string[])[]): void {
  for (const [chain = "", ...match] of rules)
    iptables("-I", chain, ...match, "-m", "comment", "--comment", name, "-j", "DROP");
}

/** Lets through what was dropped under a name. */
export function letThrough(name: string): void {
  removeRules("filter", name);
}

function removeRules(table: string, name: string): void {
  for (const rule of iptables("-t", table, "-S").split("\n")) {
    if (rule.split(" ").includes(name)) iptables("-t", table, ...rule.replace(/^-A/, "-D").split(" "));
  }
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

function freeRange() {
  const taken = ip("-json", "address", "show");
  const ranges = Array.from({ length: 255 }, (_, n) => range(n));
  // Seen from inside of one, its own range has but the other end.
  const free = ranges.find((range) =>
    Object.values(range).every((address) => !taken.includes(`"${address}"`)),
  );
  if (free === undefined) throw new Error("Every network 10.212.*.0/30 is in use.");
  return free;
}

const ip = (...args: string[]) =>
  execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const iptables = (...args: string[]) =>
  execFileSync("iptables", ["-w", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
