import { isDnsName, isRoutePath } from "../../config/formats.ts";
import { asMap, isMap } from "./merge.ts";
import type { Passage } from "./service.ts";

/** What labels for Traefik or Caddy say of a service. */
export interface Labelled {
  readonly route?: { readonly host?: readonly string[]; readonly path?: string };
  readonly port?: number;
  /** Labels that say something else to them. */
  readonly rest: readonly string[];
}

/** Reads the labels by which Traefik and Caddy are told of services. */
export function readLabels(labels: Readonly<Record<string, unknown>>): Labelled {
  const rest: string[] = [];
  const routes: { host: string[]; path?: string }[] = [];
  let port: number | undefined;
  for (const [name, value] of Object.entries(labels)) {
    const text = String(value ?? "");
    if (/^traefik\.http\.routers\.[^.]+\.rule$/.test(name)) {
      const route = routeOfRule(text);
      if (route) routes.push(route);
      else rest.push(name);
    } else if (
      /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port$/.test(name) &&
      /^\d+$/.test(text)
    )
      port ??= Number(text);
    else if (/^caddy(_\d+)?$/.test(name)) {
      const hosts = text.split(/[\s,]+/).map((host) => host.replace(/^https?:\/\//, ""));
      if (hosts.every(isHost)) routes.push({ host: hosts });
      else rest.push(name);
    } else if (/^caddy(_\d+)?\.reverse_proxy$/.test(name) && /upstreams(?:\s+\w+)?\s+(\d+)/.test(text))
      port ??= Number(/upstreams(?:\s+\w+)?\s+(\d+)/.exec(text)?.[1]);
    else rest.push(name);
  }
  const [first] = routes;
  const same = routes.filter(({ path }) => path === first?.path);
  const host = [...new Set(same.flatMap(({ host }) => host))];
  return {
    ...(first && {
      route: { ...(host.length > 0 && { host }), ...(first.path !== undefined && { path: first.path }) },
    }),
    ...(port !== undefined && { port }),
    rest,
  };
}

const isHost = (text: string) => isDnsName(text.replace(/^\*\./, ""));

/** Hosts that are asked for, with a path or without; undefined where the rule says more. */
function routeOfRule(rule: string): { host: string[]; path?: string } | undefined {
  const calls = [...rule.matchAll(/(\w+)\(([^)]*)\)/g)].map(([, name = "", args = ""]) => ({
    name,
    args: [...args.matchAll(/[`'"]([^`'"]*)[`'"]/g)].map(([, text = ""]) => text),
  }));
  const hosts = calls.filter(({ name }) => name === "Host").flatMap(({ args }) => args);
  const paths = calls
    .filter(({ name }) => name === "PathPrefix" || name === "Path")
    .flatMap(({ args }) => args);
  const frame = rule.replace(/\w+\([^)]*\)/g, "x").replace(/[\s()]/g, "");
  const [path] = paths.map((one) => (one === "/" ? one : one.replace(/\/+$/, "")));
  const isUsable =
    calls.length > 0 &&
    calls.every(({ name }) => ["Host", "PathPrefix", "Path"].includes(name)) &&
    paths.length <= 1 &&
    (paths.length === 0 ? /^x(\|\|x)*$/.test(frame) : /^x(&&x)?$|^x(\|\|x)*&&x$/.test(frame)) &&
    hosts.every(isHost) &&
    (path === undefined || isRoutePath(path));
  if (!isUsable) return undefined;
  return {
    host: hosts,
    ...(path !== undefined && path !== "/" && { path }),
    ...(hosts.length === 0 && path === "/" && { path }),
  };
}

/** All labels of a service, those of a swarm's, too. */
export function labelsOf({ service }: Pick<Passage, "service">): Record<string, unknown> {
  const { labels, deploy } = service;
  return { ...asMap(labels ?? {}), ...(isMap(deploy) ? asMap(deploy.labels ?? {}) : {}) };
}
