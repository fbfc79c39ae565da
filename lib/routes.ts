import type {
  HostSettings,
  LoadBalancerSettings,
  LoadSettings,
  Route,
  ServiceSettings,
  TimeoutSettings,
} from "../config/settings.ts";
import { inDataCentre } from "./data-centres.ts";
import { time, word } from "./haproxy.ts";
import { agentName } from "./names.ts";
import { insidePorts } from "./ports.ts";
import { plannedOn } from "./shares.ts";

/** What balancers are told of services, as it stands in Consul's KV store under `flotilla/routes`. Texts are HAProxy's. */
export interface RoutingTable {
  /** Which requests go to which service: the first whose condition holds. */
  readonly routes: readonly { readonly condition: string; readonly service: string }[];
  /** The service that answers what no route claims; empty where there is none. */
  readonly default: string;
  /** Zones of the hosts that are in one, by the names of their agents; not there where none is. */
  readonly zones?: Readonly<Record<string, string>>;
  /** Sorted by name. */
  readonly services: readonly ServiceEntry[];
}

export interface ServiceEntry {
  readonly name: string;
  /** Whether it speaks TCP; not there where it speaks HTTP. */
  readonly isTcp?: true;
  /** Whether one copy has all connections while it is well; not there where they are shared. */
  readonly isActiveBackup?: true;
  /** Whether those copies come first, or alone, that are on the balancer's own host or in its zone; not there where all are alike. */
  readonly locality?: "prefer" | "only";
  /** Ports at which balancers answer for it alone. */
  readonly ports: readonly number[];
  /** The port at which they do for the services that require it; not there where none does. */
  readonly provides?: number;
  /** Lines of the frontend of these ports, where it has any of its own. */
  readonly frontend?: readonly string[];
  /** Whether clients keep to the server that answered them first. */
  readonly sessions: boolean;
  /** Lines of its backend. */
  readonly backend: readonly string[];
  /** Options of each of its servers. */
  readonly server: string;
  /** Where there are several hosts: what holds of requests that come from one to another. */
  readonly peers?: PeerEntry;
}

export interface PeerEntry {
  /** Lines of the backends by which a host's copies are reached from others. */
  readonly backend: readonly string[];
  /** Options of each server in these. */
  readonly server: string;
  /** Requests that a balancer gives another host at once for each of its copies. */
  readonly concurrency: number;
  /** Hosts of other data centres that are asked once there is no copy left in this one. */
  readonly failover: readonly FailoverHost[];
}

export interface FailoverHost {
  /** What it is called as a server. */
  readonly name: string;
  readonly address: string;
  /** Copies that it is meant to have. */
  readonly copies: number;
}

/** Where a routing table holds: in one data centre. */
export interface RoutesScope {
  readonly stack: string;
  readonly datacenter: string;
  /** Every host of the stack. */
  readonly hosts: readonly Pick<HostSettings, "key" | "address" | "datacenter" | "zone" | "weight">[];
  readonly loadBalancers: Pick<LoadBalancerSettings, "ipv6" | "count">;
}

/**
 * The routing table. The most specific route comes first: a whole host before a wildcard, a longer wildcard before a
 * shorter one, any host last; then a longer path before a shorter one. Of a service's load limits each of the data centre's
 * balancers is told its share, rounded up: none is told to give nothing. Of workers balancers are told nothing.
 */
export function routingTable(services: readonly ServiceSettings[], scope: RoutesScope): RoutingTable {
  const { loadBalancers } = scope;
  const hasPeers = scope.hosts.length > 1;
  const hostCount = inDataCentre(scope.hosts, scope.datacenter).length;
  const sorted = services.filter(({ port }) => port !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  const zones = scope.hosts.flatMap(({ key, zone }) => (zone ? [[agentName(scope.stack, key), zone]] : []));
  return {
    ...(zones.length > 0 && { zones: Object.fromEntries(zones) }),
    routes: sorted
      .flatMap(({ name, route }) =>
        route ? placesOf(route).map((place) => ({ ...place, service: name })) : [],
      )
      .sort(bySpecificity)
      .map(({ host, path, service }) => ({ condition: condition(host, path), service })),
    default: sorted.find((service) => service.default)?.name ?? "",
    services: sorted.map((service) => {
      const { name, publish, timeouts, load, sessions } = service;
      const isTcp = service.protocol === "tcp";
      const share = (limit: number) => Math.ceil(limit / (hostCount * loadBalancers.count));
      const limits = { ...load, concurrency: share(load.concurrency), queue: share(load.queue) };
      return {
        name,
        ...(isTcp && { isTcp }),
        ...(service.balance === "active-backup" && { isActiveBackup: true as const }),
        ...(service.locality !== "any" && { locality: service.locality }),
        ports: publish === undefined ? [] : insidePorts(publish, loadBalancers),
        ...(service.provides !== undefined && { provides: service.provides }),
        ...(isTcp && { frontend: [`timeout client ${time(timeouts.tunnel)}`] }),
        sessions,
        backend: isTcp
          ? [...tcpLines(service), ...tcpQueueLines(limits)]
          : [
              ...timeoutLines(timeouts),
              bodyLine(timeouts),
              ...queueLines(limits),
              ...(sessions ? [cookieLine(name, hasPeers)] : []),
            ],
        server: `maxconn ${limits.concurrency}`,
        ...(hasPeers && {
          peers: {
            backend: [
              ...(isTcp ? tcpLines(service) : timeoutLines(timeouts)),
              `timeout queue ${time(load.wait)}`,
              ...(sessions ? [cookieLine(name, hasPeers)] : []),
            ],
            // The shares of all balancers elsewhere, dealt out to those of the copy's own host. Another data centre may have more.
            server: `maxconn ${limits.concurrency * Math.max(1, hostCount - 1)}`,
            concurrency: limits.concurrency,
            failover: failoverHosts(service, scope),
          },
        }),
      };
    }),
  };
}

function failoverHosts(service: ServiceSettings, { stack, datacenter, hosts }: RoutesScope): FailoverHost[] {
  return hosts
    .filter((host) => host.datacenter !== datacenter && service.failover.includes(host.datacenter))
    .filter(({ key }) => service.hosts.includes(key))
    .map((host) => ({
      name: agentName(stack, host.key),
      address: host.address,
      copies: plannedOn(service, host, hosts),
    }));
}

/** A route of one host and one path; each is empty where any will do. */
interface Place {
  readonly host: string;
  readonly path: string;
}

function placesOf({ host, path = "" }: Route): Place[] {
  return (host ?? [""]).map((host) => ({ host, path }));
}

function bySpecificity(a: Place, b: Place): number {
  const [first, second] = [specificity(a), specificity(b)];
  const differing = first.findIndex((rank, index) => rank !== second[index]);
  // Where none is more specific the order of services stays.
  return (second[differing] ?? 0) - (first[differing] ?? 0);
}

/** What counts first stands first. */
function specificity({ host, path }: Place): number[] {
  return [host && !host.startsWith("*.") ? 1 : 0, host.length, path.length];
}

function condition(host: string, path: string): string {
  // "a.example." is the same host as "a.example".
  const sent = "hdr(host),host_only,rtrim(.) -i";
  return [
    host.startsWith("*.") && `{ ${sent} -m end ${word(host.slice(1))} }`,
    host && !host.startsWith("*.") && `{ ${sent} ${word(host)} }`,
    path && path !== "/" && `{ path -m reg ${word(`^${escapeRegExp(path)}(/|$)`)} }`,
    path === "/" && "{ path -m beg / }",
  ]
    .filter(Boolean)
    .join(" ");
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function timeoutLines({ request, idle, tunnel }: TimeoutSettings): string[] {
  return [
    `timeout server ${time(request)}`,
    `timeout tunnel ${time(tunnel)}`,
    // Once an answer has begun, it may be quiet for another while than it may take to begin.
    `http-response set-timeout server ${time(idle)}`,
  ];
}

/**
 * A body that comes slowly takes up a connection of the balancer's, but no server, until it is there or fills a buffer. How
 * it comes from then on, HAProxy has no bound for, but that it must not stand still ("timeout client").
 */
const bodyLine = ({ body }: TimeoutSettings) => `http-request wait-for-body time ${time(body)}`;

/** One for each service, since several may share a host. The service itself never sees it. Another host's balancers set it, too. */
const cookieLine = (service: string, hasPeers: boolean) =>
  `cookie flotilla-${service} insert indirect nocache${hasPeers ? " preserve" : ""} httponly attr SameSite=Lax`;

const tcpLines = ({ timeouts }: ServiceSettings) => [`timeout server ${time(timeouts.tunnel)}`];

/** Who finds no room is told by the end of the connection, which is all that TCP has for it. */
const tcpQueueLines = ({ queue, wait }: LoadSettings) => [
  `timeout queue ${time(wait)}`,
  `tcp-request content reject if ${fullIf(queue)}`,
];

/** Without a queue nobody is to wait, not even the first. */
const fullIf = (queue: number) =>
  queue > 0 ? `{ queue ge ${queue} }` : "{ be_conn_free le 0 } or { queue gt 0 }";

function queueLines({ queue, wait }: LoadSettings): string[] {
  // What it fetches is what is under way, a moment late: a burst may have a request or two wait for the connection of
  // another that was quicker.
  const full = fullIf(queue);
  return [
    `timeout queue ${time(wait)}`,
    // Told by the statistics as "denied requests": a log line for each would cost most when there is least to spare.
    `http-request set-log-level silent if ${full}`,
    `http-request deny deny_status 503 if ${full}`,
    // Servers that hang up when it gets too much are not asked the same again.
    "http-request disable-l7-retry if { queue gt 0 }",
  ];
}
