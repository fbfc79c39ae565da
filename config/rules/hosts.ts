import { posix } from "node:path";
import { tlsFiles } from "../../lib/docker-endpoint.ts";
import type { SettingsContext } from "../context.ts";
import { given, listed, type Path, type Problem } from "../faults.ts";
import { isKey, isUnicast, keyRule } from "../formats.ts";
import type { Draft } from "../shapes.ts";

type Host = Draft["hosts"][string];
type Hosts = [key: string, host: Host][];
type TlsContext = Pick<SettingsContext, "hasClientTls" | "lookUp">;

/** Rules that look at several values of a host, at several hosts, or at hosts and Consul servers. */
export function hostRules({ hosts, consul }: Draft, context: TlsContext): Problem[] {
  const all: Hosts = Object.entries(hosts);
  const ofEach = all.flatMap(([key, host]) => [...openness(key, host, context), ...tls(key, host, context)]);
  const problems = [...names(all), ...endpoints(all), ...peers(all), ...ofEach, ...datacenters(all)];
  const [first] = all;
  if (!first) return [{ path: ["hosts"], message: "must name at least one host, got an empty map" }];

  // Rules within a data centre say nothing useful while it is unclear which hosts share one.
  if (problems.some(({ path }) => path.at(-1) === "datacenter")) return problems;
  return [...problems, ...states(all), ...servers(all, consul.servers)];
}

function names(hosts: Hosts): Problem[] {
  return hosts
    .filter(([key]) => !isKey(key))
    .map(([key]) => {
      const message = `must have a name of ${keyRule}, got ${given(key)}`;
      return { path: ["hosts", key], message, about: [], fix: "rm" };
    });
}

function endpoints(hosts: Hosts): Problem[] {
  return hosts.flatMap(([key, { docker }], index) => {
    const [twin] = hosts.slice(0, index).find(([, other]) => other.docker === docker) ?? [];
    if (twin === undefined) return [];
    const path = ["hosts", key, "docker"];
    const message = `must not be the engine of host ${twin}, got ${given(docker)}`;
    return [{ path, message, about: [path, ["hosts", twin, "docker"]] }];
  });
}

/** Whoever reaches a Docker engine's port owns its machine. */
function openness(key: string, { docker, tls, insecure }: Host, { hasClientTls }: TlsContext): Problem[] {
  const at = (name: string) => ["hosts", key, name];
  const about = ["docker", "tls", "insecure"].map(at);
  const isTcp = docker.startsWith("tcp://");
  if (insecure && (!isTcp || tls !== undefined)) {
    const message = `must stand with a tcp:// endpoint without TLS only, got true`;
    return [{ path: at("insecure"), message, about, fix: "rm" }];
  }
  if (!isTcp || insecure || tls !== undefined || hasClientTls) return [];
  const message =
    "must not be tcp:// without TLS, since whoever reaches that port owns the machine: set " +
    `hosts.${key}.tls to a folder with ${listed(Object.values(tlsFiles))}, or DOCKER_TLS_VERIFY and DOCKER_CERT_PATH in the ` +
    `environment; hosts.${key}.insecure: true takes it as it is; got ${given(docker)}`;
  return [{ path: at("docker"), message, about }];
}

function tls(key: string, { docker, tls }: Host, { lookUp }: TlsContext): Problem[] {
  if (tls === undefined) return [];
  const path = ["hosts", key, "tls"];
  if (!docker.startsWith("tcp://")) {
    const about = [path, ["hosts", key, "docker"]];
    const message = `must stand with a tcp:// endpoint only, got ${given(tls)} with ${given(docker)}`;
    return [{ path, message, about, fix: "rm" }];
  }
  if (lookUp(tls) !== "folder") {
    return [{ path, message: `must be a folder that exists, relative to the project, got ${given(tls)}` }];
  }
  const files = Object.values(tlsFiles);
  const missing = files.filter((file) => lookUp(posix.join(tls, file)) !== "file");
  if (missing.length === 0) return [];
  const message = `must be a folder with ${listed(files)} in it, got ${given(tls)} without ${listed(missing)}`;
  return [{ path, message }];
}

function datacenters(hosts: Hosts): Problem[] {
  const [first, ...others] = hosts;
  return others
    .filter(([, { datacenter }]) => datacenter !== first?.[1].datacenter)
    .map(([key, { datacenter }]) => ({
      path: ["hosts", key, "datacenter"],
      message: `must be ${given(first?.[1].datacenter)} as on host ${first?.[0]} (several data centres are for a later version), got ${given(datacenter)}`,
      about: [
        ["hosts", key, "datacenter"],
        ["hosts", first?.[0] ?? "", "datacenter"],
      ],
    }));
}

/** Hosts find each other at addresses of their own, which Consul takes as numbers only. */
function peers(hosts: Hosts): Problem[] {
  if (hosts.length < 2) return [];
  const addressOf = ({ peerAddress, address }: Host) => peerAddress ?? address;
  return hosts.flatMap(([key, host], index) => {
    const path = ["hosts", key, host.peerAddress === undefined ? "address" : "peerAddress"];
    const address = addressOf(host);
    if (!isUnicast(address)) {
      const message = `must be an IPv4 address at which the other hosts reach this one, neither loopback nor multicast, or else hosts.${key}.peerAddress must be set to one, got ${given(address)}`;
      return [{ path, message, about: [path, ["hosts"]] }];
    }
    const [twin] = hosts.slice(0, index).find(([, other]) => addressOf(other) === address) ?? [];
    if (twin === undefined) return [];
    const message = `must not be the address of host ${twin}, got ${given(address)}`;
    return [{ path, message, about: [path, ["hosts", twin]] }];
  });
}

/** Somebody must be there to go on with. */
function states(hosts: Hosts): Problem[] {
  if (hosts.some(([, { state }]) => state === "active")) return [];
  return hosts.map(([key, { state }]) => {
    const path = ["hosts", key, "state"];
    const message = `must be "active" on one host at least, got ${given(state)}`;
    return { path, message, about: hosts.map(([key]) => ["hosts", key, "state"]) };
  });
}

/** Each server must live on exactly one host. */
function servers(hosts: Hosts, count: number): Problem[] {
  // Dealt out, where nobody says.
  if (hosts.every(([, { consulServers }]) => consulServers === undefined)) return [];
  const about: Path[] = [["consul", "servers"], ...hosts.map(([key]) => ["hosts", key, "consulServers"])];
  const problems: Problem[] = [];
  const homes = new Map<number, string>();

  for (const [key, { consulServers }] of hosts) {
    const path = ["hosts", key, "consulServers"];
    if (!consulServers) {
      const message =
        "must list the Consul servers that live here ([] for none), since other hosts list theirs";
      problems.push({ path, message: `${message}, got nothing` });
    }
    for (const [index, server] of (consulServers ?? []).entries()) {
      const home = homes.get(server);
      homes.set(server, key);
      if (home === undefined) continue;
      const message = `must not be a server that already lives on host ${home}, got ${server}`;
      problems.push({ path: [...path, index], about, message });
    }
  }

  if (homes.size !== count && problems.length === 0) {
    const message = `must list ${count} Consul servers in all (consul.servers) in their consulServers, got ${homes.size}`;
    problems.push({ path: ["hosts"], message, about });
  }
  return problems;
}
