import { posix } from "node:path";
import { dataCentresOf, namesOf } from "../../lib/data-centres.ts";
import type { SettingsContext } from "../context.ts";
import { given, listed, type Path, type Problem } from "../faults.ts";
import { isKey, keyRule } from "../formats.ts";
import type { Secrecy } from "../secrecy.ts";
import type { Draft, ServiceDraft } from "../shapes.ts";
import { inPlainText } from "./secrecy.ts";
import { isReadOnly } from "./volumes.ts";

/** Names that containers of flotilla's own have in the place of a service's. */
export const reserved: readonly string[] = [
  "agent",
  "backup",
  "balancer",
  "consul",
  "front",
  "herald",
  "keeper",
  "log-keeper",
  "logs",
  "mover",
  "scratch",
  "volumes",
  "warden",
];

/** Rules that look at several values of one service. */
export function serviceRules(
  draft: Draft,
  context: Pick<SettingsContext, "lookUp">,
  secrecy: Pick<Secrecy, "isEncrypted">,
): Problem[] {
  const known = Object.keys(draft.hosts);
  const centres = namesOf(Object.values(draft.hosts));
  return Object.entries(draft.services).flatMap(([name, service]) => {
    const at = (...steps: Path): Path => ["services", name, ...steps];
    return [
      ...named(name, at),
      ...source(service, at, context),
      ...port(service, at),
      ...secrets(service, at, secrecy),
      ...mounts(service.volumes, at),
      ...placement(service, at, known),
      ...failover(service, at, centres),
      ...moving(service, at, draft.hosts),
      ...routing(service, at),
    ];
  });
}

export type At = (...steps: Path) => Path;

/** What is wrong with the name of a service, or of a job: both have images by it. */
export function named(name: string, at: At): Problem[] {
  if (!isKey(name))
    return [
      { path: at(), message: `must have a name of ${keyRule}, got ${given(name)}`, about: [], fix: "rm" },
    ];
  if (!reserved.includes(name)) return [];
  const message = `must not be named ${listed(reserved, "or")}, which Flotilla needs itself`;
  return [{ path: at(), message, about: [], fix: "rm" }];
}

function source(service: ServiceDraft, at: At, context: Pick<SettingsContext, "lookUp">): Problem[] {
  const { build, version, image } = service;
  const about = [at("build"), at("image")];
  const both = "exactly one of build (a folder with a Dockerfile) and image";
  if (build && image) return [{ path: at(), message: `must have ${both}, got both`, about }];
  if (!build && !image) return [{ path: at(), message: `must have ${both}, got neither`, about }];
  if (build) return buildFolder(build, at, context);
  const message = `must stand beside build, since an image brings its own tag, got ${given(version)}`;
  return version ? [{ path: at("version"), message, fix: "rm" }] : [];
}

/** What is wrong with a folder that an image is to be built from. */
export function buildFolder(
  { context, dockerfile }: NonNullable<ServiceDraft["build"]>,
  at: At,
  { lookUp }: Pick<SettingsContext, "lookUp">,
): Problem[] {
  const [path, got] = [at("build", "context"), `got ${given(context)}`];
  if (lookUp(context) !== "folder") {
    return [{ path, message: `must be a folder that exists, relative to the project, ${got}` }];
  }
  if (lookUp(posix.join(context, dockerfile)) === "file") return [];
  const message = `must be a folder with a Dockerfile at ${given(dockerfile)} in it, ${got}`;
  return [{ path, message, about: [path, at("build", "dockerfile")] }];
}

function port({ port, env }: ServiceDraft, at: At): Problem[] {
  if (port === undefined || env.PORT === undefined || env.PORT === String(port)) return [];
  const message = `must be the service's port, ${port}, or left out`;
  return [{ path: at("env", "PORT"), message, about: [at("env", "PORT"), at("port")] }];
}

/** What is wrong with secret variables. */
export function secrets(
  { port, env, secrets }: Pick<ServiceDraft, "port" | "env" | "secrets">,
  at: At,
  { isEncrypted }: Pick<Secrecy, "isEncrypted">,
): Problem[] {
  return Object.keys(secrets).flatMap((name) => {
    const path = at("secrets", name);
    const problems: Problem[] = isEncrypted(path) ? [] : [inPlainText(path)];
    if (name === "PORT" && port !== undefined) {
      problems.push({
        path,
        message: "must not be a secret, since env has the service's port as PORT",
        fix: "rm",
      });
    } else if (Object.hasOwn(env, name)) {
      problems.push({ path, message: "must not have the name of a variable in env as well", fix: "rm" });
    }
    return problems;
  });
}

/** What is wrong with the places where volumes are mounted. */
export function mounts(volumes: readonly { readonly path: string }[], at: At): Problem[] {
  return volumes.flatMap(({ path }, index) => {
    const taken = takenMount(at("volumes", index, "path"), path);
    if (taken) return [taken];
    const first = volumes.findIndex((other) => other.path === path);
    if (first === index) return [];
    const message = `must not be the path of another volume of the service, got ${given(path)}`;
    return [{ path: at("volumes", index, "path"), message, about: [at("volumes")] }];
  });
}

/** What is wrong with a place to mount something at: the kernel's file systems, what Docker mounts, and the log volume. */
export function takenMount(path: Path, place: string): Problem | undefined {
  const files = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/.dockerenv", "/var/log/flotilla"];
  if (!/^\/(proc|sys|dev)(\/|$)/.test(place) && !files.includes(place)) return undefined;
  const message = `must not be a place where every container has something mounted already, got ${given(place)}`;
  return { path, message };
}

function placement({ hosts }: ServiceDraft, at: At, known: string[]): Problem[] {
  if (hosts?.length === 0)
    return [{ path: at("hosts"), message: "must list at least one host, got an empty list" }];
  return (hosts ?? []).flatMap((host, index) => {
    const path = at("hosts", index);
    if (!known.includes(host)) {
      const message = `must be one of the hosts (${known.join(", ")}), got ${given(host)}`;
      return [{ path, message, about: [path, ["hosts", host]] }];
    }
    if (hosts?.indexOf(host) === index) return [];
    return [{ path, message: `must not be listed twice, got ${given(host)} again` }];
  });
}

function failover({ failover = [] }: ServiceDraft, at: At, centres: string[]): Problem[] {
  return failover.flatMap((name, index) => {
    if (centres.includes(name)) return [];
    const path = at("failover", index);
    const message = `must be one of the data centres (${centres.join(", ")}), got ${given(name)}`;
    return [{ path, message, about: [path, ["hosts"]] }];
  });
}

/** What holds of copies that move between the hosts of a data centre. */
function moving(
  { replicas, replicasPer, maxPerHost, volumes, rollout, hosts }: ServiceDraft,
  at: At,
  allHosts: Draft["hosts"],
): Problem[] {
  const beside = [at("replicasPer")];
  const path = at("maxPerHost");
  if (replicasPer === "host") {
    const message = `must stand beside replicasPer "datacenter", since replicas says how many each host has, got ${maxPerHost}`;
    return maxPerHost === undefined ? [] : [{ path, message, about: [path, ...beside], fix: "rm" }];
  }
  const problems: Problem[] = [];
  for (const [index, volume] of volumes.entries()) {
    // What is on a server elsewhere is there on all hosts.
    if (volume.kind === "nfs" || isReadOnly(volume)) continue;
    const path = at("volumes", index, "readOnly");
    const message = `must be true beside replicasPer "datacenter", since what a copy writes stays on its host when it moves, got false`;
    problems.push({ path, message, about: [path, ...beside] });
  }
  if (rollout.order === "stop-first") {
    const path = at("rollout", "order");
    const message = `must be "start-first" beside replicasPer "datacenter", since a copy that moves is started before it is stopped elsewhere, got "stop-first"`;
    problems.push({ path, message, about: [path, ...beside], fix: "rm" });
  }
  for (const { name, hosts: all } of dataCentresOf(asPlaced(allHosts))) {
    const count = all.filter(({ key }) => hosts?.includes(key) ?? true).length;
    if (maxPerHost === undefined || count === 0 || count * maxPerHost >= replicas) continue;
    const least = Math.ceil(replicas / count);
    const message = `must be at least ${least}, so that ${count === 1 ? "the host" : `the ${count} hosts`} of ${name} have room for ${replicas} copies, got ${maxPerHost}`;
    problems.push({ path, message, about: [path, ...beside, at("replicas"), at("hosts"), ["hosts"]] });
  }
  return problems;
}

/** Hosts where a service may run. */
function asPlaced(hosts: Draft["hosts"]): { key: string; datacenter: string }[] {
  return Object.entries(hosts)
    .filter(([, { state }]) => state !== "drained")
    .map(([key, { datacenter }]) => ({ key, datacenter }));
}

function routing({ route, publish, protocol, health }: ServiceDraft, at: At): Problem[] {
  const problems: Problem[] = [];
  if (route && !route.host && !route.path) {
    problems.push({ path: at("route"), message: "must have a host, a path or both, got neither" });
  }
  if (publish !== undefined && protocol === "http" && health.type === "tcp") {
    const message = `must not be given with health.type "tcp" unless protocol is "tcp", too, since balancers speak HTTP on that port, got ${publish}`;
    const about = [at("publish"), at("protocol"), at("health", "type")];
    problems.push({ path: at("publish"), message, about });
  }
  return problems;
}
