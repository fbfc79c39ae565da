import { createHash } from "node:crypto";
import type { Route, ServiceSettings } from "../config/settings.ts";

/** One line of the balancers' routing table, as it stands in Consul's KV store under `flotilla/routes`. */
export interface RouteEntry {
  readonly service: string;
  /** Keys of the hosts that it runs on. */
  readonly hosts: readonly string[];
  /** HAProxy condition; empty when the service is reached only as the default or by its own port. */
  readonly condition: string;
  readonly default: boolean;
  /** Host port of its own, 0 for none. */
  readonly publish: number;
  /** Requests that one balancer gives a copy at once. */
  readonly maxconn: number;
  /** Requests that may wait in one balancer. */
  readonly maxqueue: number;
  /** Milliseconds that a request waits there at most. */
  readonly wait: number;
}

/** The backend by which a balancer shows that it uses a routing table: haproxy.cfg names it after the table's text. */
export function routesBackend(table: readonly RouteEntry[]): string {
  return `routes-${createHash("sha256").update(JSON.stringify(table)).digest("hex").slice(0, 12)}`;
}

/**
 * The routing table, most specific route first: a whole host before a wildcard, a longer wildcard before a shorter one,
 * any host last; then a longer path before a shorter one. Of a service's load limits each of the balancers, so many in
 * all, is told its share, rounded up: none is told to give nothing.
 */
export function routingTable(services: readonly ServiceSettings[], balancerCount: number): RouteEntry[] {
  const share = (limit: number) => Math.ceil(limit / balancerCount);
  return [...services].sort(bySpecificity).map((service) => ({
    service: service.name,
    hosts: service.hosts,
    condition: condition(service.route),
    default: service.default,
    publish: service.publish ?? 0,
    maxconn: share(service.load.concurrency),
    maxqueue: share(service.load.queue),
    wait: Math.round(service.load.wait * 1000),
  }));
}

function bySpecificity(a: ServiceSettings, b: ServiceSettings): number {
  const [first, second] = [specificity(a.route), specificity(b.route)];
  const differing = first.findIndex((rank, index) => rank !== second[index]);
  return (second[differing] ?? 0) - (first[differing] ?? 0) || (a.name < b.name ? -1 : 1);
}

/** What counts first stands first. */
function specificity(route: Route | undefined): number[] {
  const { host = "", path = "" } = route ?? {};
  return [host && !host.startsWith("*.") ? 1 : 0, host.length, path.length];
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
