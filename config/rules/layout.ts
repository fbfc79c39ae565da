import { maxServerNumber } from "../../lib/consul-placement.ts";
import { namesOf } from "../../lib/data-centres.ts";
import { balancerPrefix, instancePrefix } from "../../lib/names.ts";
import { frontPorts, type HostPort, hostPorts, ipv6Twin } from "../../lib/ports.ts";
import { mostOn } from "../../lib/shares.ts";
import {
  controlSubnetOf,
  maxConsulServers,
  parseSubnet,
  prefixFor,
  subnetsOverlap,
} from "../../lib/subnet.ts";
import { given, type Path, type Problem } from "../faults.ts";
import { isKey, keyRule } from "../formats.ts";
import type { HostSettings, ServiceSettings, Settings } from "../settings.ts";

/** Longest name that DNS takes, and with it the name of a container. */
const maxNameLength = 63;

/** Rules on what follows from the settings as a whole: addresses, ports and names. */
export function layoutRules(settings: Settings): Problem[] {
  return [
    ...balancerCount(settings),
    ...addresses(settings),
    ...controlAddresses(settings),
    ...portRange(settings),
    ...portClashes(settings),
    ...ipv6Clashes(settings),
    ...names(settings),
  ];
}

function balancerCount({ loadBalancers: { count, max } }: Settings): Problem[] {
  if (count <= max) return [];
  const path = ["loadBalancers", "count"];
  const message = `must be a whole number from 1 to ${max} (loadBalancers.max), got ${count}: raise loadBalancers.max, which replaces the container that publishes the ports (a short outage)`;
  return [{ path, message, about: [path, ["loadBalancers", "max"]] }];
}

/** Old and new copies live side by side while a version rolls, so each counts twice. */
function addresses({ network, hosts, services }: Settings): Problem[] {
  const prefix = parseSubnet(network.subnet)?.prefix ?? 0;
  // Each host has a network of its own, with these addresses.
  const copies = Math.max(0, ...hosts.map((host) => copiesOn(host, hosts, services)));
  const needed = 2 + 2 * copies;
  const wanted = prefixFor(needed);
  if (prefix <= wanted) return [];

  const message = `must be a /${wanted} or larger to have ${needed} addresses in its upper half (2, and 2 a replica), got ${given(network.subnet)}`;
  const counts = services.flatMap(({ name }) => [
    ["services", name, "replicas"],
    ["services", name, "maxPerHost"],
    ["services", name, "hosts"],
  ]);
  return [{ path: ["network", "subnet"], message, about: [["network", "subnet"], ["hosts"], ...counts] }];
}

function controlAddresses({ stack, network, hosts }: Settings): Problem[] {
  const { subnet, controlSubnet } = network;
  const path = ["network", "controlSubnet"];
  const problem = (message: string, ...about: Path[]) => ({
    path,
    message: `${message}, got ${given(controlSubnet)}`,
    about: [path, ...about],
  });
  // They have addresses by their numbers, and one that moves takes another number.
  const numbers = hosts.flatMap(({ consulServers }) => consulServers);
  const servers = namesOf(hosts).length > 1 ? maxServerNumber : Math.max(maxConsulServers, ...numbers);
  const wanted = prefixFor(1, servers);
  const problems: Problem[] = [];
  if ((parseSubnet(controlSubnet)?.prefix ?? 0) > wanted)
    problems.push(
      problem(
        `must be a /${wanted} or larger to have up to ${servers} Consul servers in its lower half and an agent in its upper one`,
      ),
    );
  if (subnetsOverlap(subnet, controlSubnet)) {
    const isDefault = controlSubnet === controlSubnetOf(stack);
    problems.push(
      problem(
        `must not overlap network.subnet, ${subnet}${isDefault ? " (it is the stack's default)" : ""}`,
        ["network", "subnet"],
      ),
    );
  }
  return problems;
}

function copiesOn(
  host: HostSettings,
  all: readonly HostSettings[],
  services: readonly ServiceSettings[],
): number {
  const there = services.filter(({ hosts }) => hosts.includes(host.key));
  return there.reduce((sum, service) => sum + mostOn(service, host, all), 0);
}

function portRange(settings: Settings): Problem[] {
  const beyond = new Map<string, HostPort>();
  for (const taken of settings.hosts.flatMap((host) => hostPorts(settings, host))) {
    const key = taken.path.join();
    if (taken.port > 65535 && taken.port > (beyond.get(key)?.port ?? 0)) beyond.set(key, taken);
  }
  return [...beyond.values()].map(({ path, port, offset, what }) => ({
    path,
    message: `must be a whole number from 1 to ${65535 - offset}, so that ${what} finds port + ${offset}, got ${port - offset}`,
    about: [path, ...sources(path)],
  }));
}

function portClashes(settings: Settings): Problem[] {
  const clashes = settings.hosts.flatMap((host) => {
    const owners = new Map<number, HostPort>();
    return hostPorts(settings, host).flatMap((taken) => {
      const owner = owners.get(taken.port);
      owners.set(taken.port, owner ?? taken);
      return owner ? [clash(owner, taken)] : [];
    });
  });
  // The same two things meet on every host.
  return [...new Map(clashes.map((problem) => [problem.message, problem])).values()];
}

/** What is published on IPv6 takes a second port, inside `front` (lib/ports.ts). */
function ipv6Clashes(settings: Settings): Problem[] {
  if (!settings.loadBalancers.ipv6) return [];
  const all = frontPorts(settings);
  return all.flatMap((open) => {
    if (open.ip !== "0.0.0.0") return [];
    const twin = ipv6Twin(open.port);
    const other = all.find(({ port }) => port === twin);
    // Of two that are open each is the other's twin: told once.
    const taken = other && (other.ip !== open.ip || open.port < twin);
    if (twin !== 0 && !taken) return [];
    const reason = other ? `${other.what} (${other.path.join(".")}) has` : "is no port";
    const message = `${open.what} can't have host port ${open.port} with loadBalancers.ipv6: that takes port ${twin} inside the balancers, which ${reason}`;
    return [
      { path: open.path, message, about: [["loadBalancers", "ipv6"], open.path, ...sources(open.path)] },
    ];
  });
}

function clash(a: HostPort, b: HostPort): Problem {
  const message = `${a.what} and ${b.what} (${b.path.join(".")}) both take host port ${a.port}`;
  return { path: a.path, message, about: [a.path, b.path, ...sources(a.path), ...sources(b.path)] };
}

/** Counts that decide how many ports derive from a setting. */
function sources([section]: Path): Path[] {
  if (section === "consul") return [["consul", "servers"], ["hosts"]];
  return section === "loadBalancers" ? [["loadBalancers", "max"]] : [];
}

function names({ stack, hosts, services }: Settings): Problem[] {
  const problems: Problem[] = [];
  if (!isKey(stack)) {
    const message = `must have ${keyRule}, since names of containers start with it, got ${given(stack)}`;
    problems.push({ path: [], message, about: [] });
  }
  for (const { key } of hosts) {
    const balancer = balancerPrefix(stack, key, 16);
    problems.push(...tooLong(["hosts", key], balancer));
    for (const { name, hosts } of services) {
      // The most digits that a number can have, so that scaling never makes a good name bad.
      if (hosts.includes(key))
        problems.push(...tooLong(["services", name], instancePrefix(stack, name, key, 500)));
    }
  }
  return problems;
}

function tooLong(path: Path, prefix: string): Problem[] {
  const name = `${prefix}-0000000`; // Pulumi's random suffix
  // A name that is no good by itself is another rule's to tell.
  if (name.length <= maxNameLength || !isKey(String(path[1]))) return [];
  const message = `must have a shorter name, or else the stack or the host must: a container would be ${name}, which has ${name.length} characters of at most ${maxNameLength}`;
  return [{ path, message, about: [] }];
}
