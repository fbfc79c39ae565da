import type { Route, ServiceSettings } from "../../config/settings.ts";
import { routingTable } from "../../lib/routes.ts";
import { hostsOf, scopeOf } from "../support/routes-scope.ts";

type Looked = Pick<
  ServiceSettings,
  | "port"
  | "protocol"
  | "balance"
  | "locality"
  | "route"
  | "hosts"
  | "failover"
  | "default"
  | "publish"
  | "load"
  | "timeouts"
  | "sessions"
>;
const load = { concurrency: 10, queue: 100, wait: 5 };
const timeouts = { body: 30, request: 60, idle: 300, tunnel: 3600 };

/** Services as far as routes look at them. */
function services(of: Record<string, Partial<Looked>>) {
  return Object.entries(of).map(
    ([name, rest]) =>
      ({
        name,
        port: 80,
        replicas: 2,
        hosts: ["local"],
        failover: ["dc1"],
        default: false,
        locality: "any",
        load,
        timeouts,
        sessions: false,
        ...rest,
      }) as ServiceSettings,
  );
}

const one = scopeOf(1, 1);
const two = scopeOf(1, 2);

const backendOf = (service: Partial<Looked>, balancers = one) =>
  routingTable(services({ web: service }), balancers).services[0]?.backend ?? [];

test("no services, no routes", () => {
  expect(routingTable([], two)).toStrictEqual({ routes: [], default: "", services: [] });
});

test("of a service without a port, nothing", () => {
  const all = services({ mail: { port: undefined }, web: { default: true } });
  expect(routingTable(all, two)).toStrictEqual(routingTable(services({ web: { default: true } }), two));
});

test("what is told of each service", () => {
  const table = routingTable(
    services({
      web: { default: true, hosts: ["a", "b"] },
      api: { route: { path: "/api" } },
      db: { publish: 5432 },
    }),
    two,
  );
  const backend = [
    "timeout server 60000ms",
    "timeout tunnel 3600000ms",
    "http-response set-timeout server 300000ms",
    "http-request wait-for-body time 30000ms",
    "timeout queue 5000ms",
    "http-request set-log-level silent if { queue ge 50 }",
    "http-request deny deny_status 503 if { queue ge 50 }",
    "http-request disable-l7-retry if { queue gt 0 }",
  ];
  const rest = { sessions: false, backend, server: "maxconn 5" };
  expect(table).toStrictEqual({
    routes: [{ condition: "{ path -m reg ^/api(/|$) }", service: "api" }],
    default: "web",
    services: [
      { name: "api", ports: [], ...rest },
      { name: "db", ports: [5432], ...rest },
      { name: "web", ports: [], ...rest },
    ],
  });
});

test("of a service that speaks TCP, nothing of requests", () => {
  const cache = { protocol: "tcp", publish: 6379 } as const;
  const { services: all } = routingTable(services({ cache }), two);
  const lines = ["timeout server 3600000ms", "timeout queue 5000ms"];
  expect(all).toStrictEqual([
    {
      name: "cache",
      isTcp: true,
      ports: [6379],
      frontend: ["timeout client 3600000ms"],
      sessions: false,
      backend: [...lines, "tcp-request content reject if { queue ge 50 }"],
      server: "maxconn 5",
    },
  ]);
  const [active] = routingTable(
    services({ cache: { ...cache, balance: "active-backup" } }),
    scopeOf(2, 1),
  ).services;
  expect(active).toMatchObject({ isActiveBackup: true, peers: { backend: lines, concurrency: 5 } });
});

const host = "hdr(host),host_only,rtrim(.) -i";

test.each<[Route, ...string[]]>([
  [{ path: "/" }, "{ path -m beg / }"],
  [{ path: "/api" }, "{ path -m reg ^/api(/|$) }"],
  [{ path: "/a.b+c" }, "{ path -m reg ^/a\\\\.b\\\\+c(/|$) }"],
  [{ host: ["a.example"] }, `{ ${host} a.example }`],
  [{ host: ["*.a.example"] }, `{ ${host} -m end .a.example }`],
  [{ host: ["a.example"], path: "/api" }, `{ ${host} a.example } { path -m reg ^/api(/|$) }`],
  [{ host: ["a.example"], path: "/" }, `{ ${host} a.example } { path -m beg / }`],
  [{ host: ["*.a.example", "b.example"] }, `{ ${host} b.example }`, `{ ${host} -m end .a.example }`],
])("%j is %s for HAProxy", (route, ...conditions) => {
  expect(routingTable(services({ web: { route } }), one).routes).toStrictEqual(
    conditions.map((condition) => ({ condition, service: "web" })),
  );
});

test.each<[limit: number, hosts: number, perHost: number, share: number]>([
  [100, 1, 1, 100],
  [100, 1, 4, 25],
  [100, 2, 2, 25],
  [100, 3, 1, 34],
  [1, 3, 2, 1],
])("of a limit of %i on %i hosts each of their %i balancers is told %i", (limit, hosts, perHost, share) => {
  const limited = services({ web: { load: { concurrency: limit, queue: limit, wait: 1 } } });
  const [web] = routingTable(limited, scopeOf(hosts, perHost)).services;
  expect(web?.server).toBe(`maxconn ${share}`);
  expect(web?.backend).toContain(`http-request deny deny_status 503 if { queue ge ${share} }`);
});

test("without a queue nobody is to wait", () => {
  const full = "{ be_conn_free le 0 } or { queue gt 0 }";
  expect(backendOf({ load: { ...load, queue: 0 } })).toContain(
    `http-request deny deny_status 503 if ${full}`,
  );
});

test.each([
  [0.1, 100],
  [1.2345, 1235],
  [600, 600_000],
])("a wait of %d s is %i ms, whatever the number of balancers", (wait, milliseconds) => {
  expect(backendOf({ load: { ...load, wait } }, scopeOf(1, 3))).toContain(`timeout queue ${milliseconds}ms`);
});

test("a client keeps to a server by a cookie that no other service's takes the place of", () => {
  expect(backendOf({ sessions: true })).toContain(
    "cookie flotilla-web insert indirect nocache httponly attr SameSite=Lax",
  );
});

describe("several hosts", () => {
  const peersOf = (service: Partial<Looked>, hosts: number, perHost: number) =>
    routingTable(services({ web: service }), scopeOf(hosts, perHost)).services[0]?.peers;

  test.each([
    [1, 1],
    [1, 4],
  ])("%i with %i balancers: there are no others", (hosts, perHost) => {
    const table = routingTable(services({ web: {}, api: { sessions: true } }), scopeOf(hosts, perHost));
    expect(table.services.filter((service) => "peers" in service)).toStrictEqual([]);
  });

  test("what holds between them: how long, but neither bodies nor full queues", () => {
    expect(peersOf({ timeouts: { body: 5, request: 90, idle: 0.5, tunnel: 7200 } }, 2, 1)).toStrictEqual({
      backend: [
        "timeout server 90000ms",
        "timeout tunnel 7200000ms",
        "http-response set-timeout server 500ms",
        "timeout queue 5000ms",
      ],
      server: "maxconn 5",
      concurrency: 5,
      failover: [],
    });
  });

  test.each<[limit: number, hosts: number, perHost: number, concurrency: number, server: number]>([
    [100, 2, 1, 50, 50],
    [100, 2, 2, 25, 25],
    [100, 3, 1, 34, 68],
    [100, 4, 5, 5, 15],
    [1, 3, 2, 1, 2],
  ])(
    "of a limit of %i on %i hosts with %i balancers each gives another %i a copy, and takes %i from all others",
    (concurrency, hosts, perHost, given, taken) => {
      expect(peersOf({ load: { ...load, concurrency } }, hosts, perHost)).toMatchObject({
        concurrency: given,
        server: `maxconn ${taken}`,
      });
    },
  );

  test("a session's cookie may be another host's, which all leave as it is", () => {
    const cookie = "cookie flotilla-web insert indirect nocache preserve httponly attr SameSite=Lax";
    expect(backendOf({ sessions: true }, scopeOf(2, 1))).toContain(cookie);
    expect(peersOf({ sessions: true }, 2, 1)?.backend).toContain(cookie);
    expect(peersOf({}, 2, 1)?.backend.filter((line) => line.startsWith("cookie"))).toStrictEqual([]);
  });

  test("the rest of it is as on one with as many balancers", () => {
    const all = services({ web: { default: true }, api: { route: { path: "/api" } }, db: { publish: 5432 } });
    const { services: of, ...rest } = routingTable(all, scopeOf(2, 1));
    expect({ services: of.map(({ peers: _, ...service }) => service), ...rest }).toStrictEqual(
      routingTable(all, two),
    );
  });
});

describe("several data centres", () => {
  const hosts = [...hostsOf("dc1", 2), ...hostsOf("dc2", 2, 2), ...hostsOf("dc3", 1, 4)];
  const onAll = hosts.map(({ key }) => key);
  const inAll = ["dc1", "dc2", "dc3"];
  const peersIn = (datacenter: string, service: Partial<Looked>) =>
    routingTable(services({ web: { hosts: onAll, failover: inAll, ...service } }), {
      ...scopeOf(1, 1),
      datacenter,
      hosts,
    }).services[0]?.peers;

  test.each<[string, string, Partial<Looked>, string]>([
    ["all others", "dc1", {}, "c d e"],
    ["all others", "dc2", {}, "a b e"],
    ["those that it names", "dc1", { failover: ["dc3"] }, "e"],
    ["not its own, though it is named", "dc3", { failover: ["dc3"] }, ""],
    ["none where it names none", "dc1", { failover: [] }, ""],
    ["only hosts that have copies", "dc1", { hosts: ["a", "d"] }, "d"],
    ["where it has none itself, too", "dc2", { hosts: ["a", "e"] }, "a e"],
  ])("a service fails over to %s: in %s, %j", (_, datacenter, service, keys) => {
    expect(peersIn(datacenter, service)?.failover).toStrictEqual(
      keys
        .split(" ")
        .filter(Boolean)
        .map((key) => ({
          name: `test--agent--${key}`,
          address: `10.0.0.${onAll.indexOf(key) + 1}`,
          copies: 2,
        })),
    );
  });

  test("balancers share what a copy is given with those of their own data centre", () => {
    expect(peersIn("dc1", {})).toMatchObject({ concurrency: 5, server: "maxconn 5" });
    // The only one of its data centre takes what all of another one give.
    expect(peersIn("dc3", {})).toMatchObject({ concurrency: 10, server: "maxconn 10" });
  });
});

test("how long an answer may stay out, and be quiet once it has begun; how long a body may take", () => {
  const lines = backendOf({ timeouts: { body: 5, request: 90, idle: 0.5, tunnel: 7200 } });
  expect(lines.slice(0, 4)).toStrictEqual([
    "timeout server 90000ms",
    "timeout tunnel 7200000ms",
    "http-response set-timeout server 500ms",
    "http-request wait-for-body time 5000ms",
  ]);
});

test("the most specific route comes first, since HAProxy takes the first that matches", () => {
  const inOrder: Record<string, Route> = {
    "host-and-path": { host: ["a.example"], path: "/x" },
    host: { host: ["a.example"] },
    "deep-wildcard-and-path": { host: ["*.b.a.example"], path: "/x" },
    "deep-wildcard": { host: ["*.b.a.example"] },
    "wildcard-and-long-path": { host: ["*.a.example"], path: "/x/y" },
    "wildcard-and-path": { host: ["*.a.example"], path: "/x" },
    "a-wildcard": { host: ["*.a.example"] },
    "long-path": { path: "/x/y" },
    path: { path: "/x" },
    "path-of-the-same-length": { path: "/y" },
    everything: { path: "/" },
  };
  const names = Object.keys(inOrder);
  const given = Object.fromEntries(names.toSorted().map((name) => [name, { route: inOrder[name] }]));
  expect(routingTable(services(given), one).routes.map(({ service }) => service)).toStrictEqual(names);
});

test("the order of the config does not show, so that reordering it changes nothing", () => {
  const [a, b, c] = services({ a: { route: { path: "/x" } }, b: { route: { path: "/y" } }, c: {} });
  if (!a || !b || !c) throw new Error("three services");
  expect(routingTable([c, b, a], one)).toStrictEqual(routingTable([a, b, c], one));
});

test("whether a host's own copies come first, or alone, is told where it is so", () => {
  const localities = (["any", "prefer", "only"] as const).map(
    (locality) => routingTable(services({ web: { locality } }), two).services[0]?.locality,
  );
  expect(localities).toStrictEqual([undefined, "prefer", "only"]);
});

test("zones are told where hosts are in any", () => {
  const hosts = hostsOf("dc1", 3).map((host, index) => ({ ...host, ...(index < 2 && { zone: "north" }) }));
  expect(routingTable([], { ...two, hosts }).zones).toStrictEqual({
    "test--agent--a": "north",
    "test--agent--b": "north",
  });
  expect(routingTable([], two)).not.toHaveProperty("zones");
});
