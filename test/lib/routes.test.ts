import type { Route, ServiceSettings } from "../../config/settings.ts";
import { routesBackend, routingTable } from "../../lib/routes.ts";

type Looked = Pick<ServiceSettings, "route" | "hosts" | "default" | "publish" | "load">;
const load = { concurrency: 10, queue: 100, wait: 5 };

/** Services as far as routes look at them. */
function services(of: Record<string, Partial<Looked>>) {
  return Object.entries(of).map(
    ([name, rest]) => ({ name, hosts: ["local"], default: false, load, ...rest }) as ServiceSettings,
  );
}

test("no services, no routes", () => {
  expect(routingTable([], 2)).toStrictEqual([]);
});

test("what is told of each service", () => {
  const table = routingTable(
    services({
      web: { default: true, hosts: ["a", "b"] },
      api: { route: { path: "/api" } },
      db: { publish: 5432 },
    }),
    2,
  );
  const local = { hosts: ["local"] };
  const limits = { maxconn: 5, maxqueue: 50, wait: 5000 };
  expect(table).toStrictEqual([
    {
      service: "api",
      ...local,
      condition: "{ path -m reg ^/api(/|$) }",
      default: false,
      publish: 0,
      ...limits,
    },
    { service: "db", ...local, condition: "", default: false, publish: 5432, ...limits },
    { service: "web", hosts: ["a", "b"], condition: "", default: true, publish: 0, ...limits },
  ]);
});

test.each<[Route, string]>([
  [{ path: "/" }, "{ path -m beg / }"],
  [{ path: "/api" }, "{ path -m reg ^/api(/|$) }"],
  [{ path: "/a.b+c" }, "{ path -m reg ^/a\\.b\\+c(/|$) }"],
  [{ host: "a.example" }, "{ hdr(host),host_only -i a.example }"],
  [{ host: "*.a.example" }, "{ hdr(host),host_only -i -m end .a.example }"],
  [{ host: "a.example", path: "/api" }, "{ hdr(host),host_only -i a.example } { path -m reg ^/api(/|$) }"],
  [{ host: "a.example", path: "/" }, "{ hdr(host),host_only -i a.example } { path -m beg / }"],
])("%j is %s for HAProxy", (route, condition) => {
  expect(routingTable(services({ web: { route } }), 1)[0]?.condition).toBe(condition);
});

test.each<[limit: number, balancers: number, share: number]>([
  [100, 1, 100],
  [100, 4, 25],
  [100, 3, 34],
  [1, 6, 1],
  [0, 2, 0],
])("of a limit of %i each of %i balancers is told %i", (limit, balancers, share) => {
  const limited = services({ web: { load: { concurrency: limit, queue: limit, wait: 1 } } });
  expect(routingTable(limited, balancers)[0]).toMatchObject({ maxconn: share, maxqueue: share });
});

test.each([
  [0.1, 100],
  [1.2345, 1235],
  [600, 600_000],
])("a wait of %d s is %i ms, whatever the number of balancers", (wait, milliseconds) => {
  expect(routingTable(services({ web: { load: { ...load, wait } } }), 3)[0]?.wait).toBe(milliseconds);
});

test("the most specific route comes first, since HAProxy takes the first that matches", () => {
  const inOrder: Record<string, Route> = {
    "host-and-path": { host: "a.example", path: "/x" },
    host: { host: "a.example" },
    "deep-wildcard-and-path": { host: "*.b.a.example", path: "/x" },
    "deep-wildcard": { host: "*.b.a.example" },
    "wildcard-and-long-path": { host: "*.a.example", path: "/x/y" },
    "wildcard-and-path": { host: "*.a.example", path: "/x" },
    "a-wildcard": { host: "*.a.example" },
    "long-path": { path: "/x/y" },
    path: { path: "/x" },
    "path-of-the-same-length": { path: "/y" },
    everything: { path: "/" },
  };
  const names = Object.keys(inOrder);
  const given = Object.fromEntries(names.toSorted().map((name) => [name, { route: inOrder[name] }]));
  expect(routingTable(services(given), 1).map(({ service }) => service)).toStrictEqual(names);
});

test("the order of the config does not show, so that reordering it changes nothing", () => {
  const [a, b, c] = services({ a: { route: { path: "/x" } }, b: { route: { path: "/y" } }, c: {} });
  if (!a || !b || !c) throw new Error("three services");
  expect(routingTable([c, b, a], 1)).toStrictEqual(routingTable([a, b, c], 1));
});

test("a balancer shows a routing table by a name that no other table has", () => {
  const table = routingTable(services({ web: { default: true } }), 2);
  expect(routesBackend(table)).toMatch(/^routes-[0-9a-f]{12}$/);
  expect(routesBackend([...table])).toBe(routesBackend(table));
  expect(routesBackend([])).not.toBe(routesBackend(table));
});
