import type { Route, ServiceSettings } from "./settings-types.ts";

/** One line of the balancers' routing table, as it stands in Consul's KV store under `flotilla/routes`. */
export interface RouteEntry {
  readonly service: string;
  /** HAProxy condition; empty when the service is reached only as the default or by its own port. */
  readonly condition: string;
  readonly default: boolean;
  /** Host port of its own, 0 for none. */
  readonly publish: number;
}

/** The routing table, most specific route first: a host before any host, a longer path before a shorter one. */
export function routingTable(services: readonly ServiceSettings[]): RouteEntry[] {
  return [...services]
    .sort((a, b) => specificity(b.route) - specificity(a.route) || a.name.localeCompare(b.name))
    .map((service) => ({
      service: service.name,
      condition: condition(service.route),
      default: service.default,
      publish: service.publish ?? 0,
    }));
}

function specificity(route: Route | undefined): number {
  if (!route) return -1;
  const host = !route.host ? 0 : route.host.startsWith("*.") ? 1 : 2;
  return host * 10_000 + (route.path?.length ?? 0);
}

function condition(route: Route | undefined): string {
  if (!route) return "";
  const { host, path } = route;
  return [
    host?.startsWith("*.") && `{ hdr(host),host_only -i -m end ${host.slice(1)} }`,
    host && !host.startsWith("*.") && `{ hdr(host),host_only -i ${host} }`,
    path && path !== "/" && `{ path -m reg ^${escapeRegExp(path)}(/|$) }`,
    path === "/" && "{ path -m beg / }",
  ]
    .filter(Boolean)
    .join(" ");
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
