import { posix } from "node:path";
import { namesOf } from "../../lib/data-centres.ts";
import type { SettingsContext } from "../context.ts";
import { given, listed, type Path, type Problem } from "../faults.ts";
import { isKey, keyRule } from "../formats.ts";
import type { Secrecy } from "../secrecy.ts";
import type { Draft, ServiceDraft } from "../shapes.ts";
import { inPlainText } from "./secrecy.ts";

const reserved = [
  "agent",
  "balancer",
  "consul",
  "front",
  "keeper",
  "log-keeper",
  "logs",
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
      ...mounts(service, at),
      ...placement(service, at, known),
      ...failover(service, at, centres),
      ...routing(service, at),
    ];
  });
}

export type At = (...steps: Path) => Path;

function named(name: string, at: At): Problem[] {
  if (!isKey(name))
    return [
      { path: at(), message: `must have a name of ${keyRule}, got ${given(name)}`, about: [], fix: "rm" },
    ];
  if (!reserved.includes(name)) return [];
  const message = `must not be named ${listed(reserved, "or")}, which Flotilla needs itself`;
  return [{ path: at(), message, about: [], fix: "rm" }];
}

function source(
  { build, version, image }: ServiceDraft,
  at: At,
  { lookUp }: Pick<SettingsContext, "lookUp">,
): Problem[] {
  const about = [at("build"), at("image")];
  const both = "exactly one of build (a folder with a Dockerfile) and image";
  if (build && image) return [{ path: at(), message: `must have ${both}, got both`, about }];
  if (!build && !image) return [{ path: at(), message: `must have ${both}, got neither`, about }];
  if (!build) {
    const message = `must stand beside build, since an image brings its own tag, got ${given(version)}`;
    return version ? [{ path: at("version"), message, fix: "rm" }] : [];
  }

  const { context, dockerfile } = build;
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

function secrets(
  { port, env, secrets }: ServiceDraft,
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

function mounts({ volumes }: ServiceDraft, at: At): Problem[] {
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

function routing({ route, publish, health }: ServiceDraft, at: At): Problem[] {
  const problems: Problem[] = [];
  if (route && !route.host && !route.path) {
    problems.push({ path: at("route"), message: "must have a host, a path or both, got neither" });
  }
  if (publish !== undefined && health.type === "tcp") {
    const message = `must not be given with health.type "tcp", since balancers speak HTTP on every port (services of plain TCP are for a later version), got ${publish}`;
    problems.push({ path: at("publish"), message, about: [at("publish"), at("health", "type")], fix: "rm" });
  }
  return problems;
}
