import { isIP } from "node:net";
import { posix } from "node:path";
import { maxServersInAll } from "../../lib/consul-placement.ts";
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
  if (all.length === 0)
    return [{ path: ["hosts"], message: "must name at least one host, got an empty map" }];
  const centres = dataCentres(all);
  return [
    ...names(all),
    ...endpoints(all),
    ...centres.flatMap(peers),
    ...(centres.length > 1 ? [...addresses(all), ...room(centres, consul.servers)] : []),
    ...ofEach,
    ...states(all),
    ...servers(centres, consul.servers),
  ];
}

const dataCentres = (hosts: Hosts): Hosts[] => [
  ...Map.groupBy(hosts, ([, host]) => host.datacenter).values(),
];

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

/** Hosts of a data centre find each other at addresses of their own, which Consul takes as numbers only. */
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

/** Balancers of other data centres come to where users do. */
function addresses(hosts: Hosts): Problem[] {
  return hosts.flatMap(([key, { address }], index) => {
    const path = ["hosts", key, "address"];
    const about = [path, ["hosts"]];
    if (isIP(address) ? !isUnicast(address) : address === "localhost") {
      const message = `must be an IPv4 address or a DNS name at which the hosts of other data centres reach this one, got ${given(address)}`;
      return [{ path, message, about }];
    }
    const [twin] = hosts.slice(0, index).find(([, other]) => other.address === address) ?? [];
    if (twin === undefined) return [];
    const message = `must not be the address of host ${twin}, since other data centres reach hosts by it, got ${given(address)}`;
    return [{ path, message, about }];
  });
}

/** Each data centre has servers of its own, whose numbers are nobody else's. */
function room(centres: Hosts[], servers: number): Problem[] {
  if (centres.length * servers <= maxServersInAll) return [];
  const path = ["consul", "servers"];
  const most = Math.floor(maxServersInAll / centres.length);
  const message = `must be at most ${most} with ${centres.length} data centres, which have ${maxServersInAll} Consul servers at most all together, got ${servers}`;
  return [{ path, message, about: [path, ["hosts"]] }];
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

/** Each server must live on exactly one host, and each data centre have as many. */
function servers(centres: Hosts[], count: number): Problem[] {
  const hosts = centres.flat();
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
  if (problems.length > 0) return problems;

  return centres.flatMap((centre) => {
    const listed = centre.flatMap(([, { consulServers = [] }]) => consulServers).length;
    if (listed === count) return [];
    const where = centres.length > 1 ? `, in data centre ${centre[0]?.[1].datacenter}` : "";
    const message = `must list ${count} Consul servers in all (consul.servers) in their consulServers${where}, got ${listed}`;
    return [{ path: ["hosts"], message, about }];
  });
}
