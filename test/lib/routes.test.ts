import { routingTable } from "../../lib/routes.ts";
import type { Route, ServiceSettings } from "../../lib/settings-types.ts";

/** Services as far as routes look at them. */
function services(of: Record<string, Partial<Pick<ServiceSettings, "route" | "default" | "publish">>>) {
  return Object.entries(of).map(([name, rest]) => ({ name, default: false, ...rest }) as ServiceSettings);
}

test("no services, no routes", () => {
  expect(routingTable([])).toStrictEqual([]);
});

test("what is told of each service", () => {
  const table = routingTable(
    services({ web: { default: true }, api: { route: { path: "/api" } }, db: { publish: 5432 } }),
  );
  expect(table).toStrictEqual([
    { service: "api", condition: "{ path -m reg ^/api(/|$) }", default: false, publish: 0 },
    { service: "db", condition: "", default: false, publish: 5432 },
    { service: "web", condition: "", default: true, publish: 0 },
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
  expect(routingTable(services({ web: { route } }))[0]?.condition).toBe(condition);
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
  expect(routingTable(services(given)).map(({ service }) => service)).toStrictEqual(names);
});

test("the order of the config does not show, so that reordering it changes nothing", () => {
  const [a, b, c] = services({ a: { route: { path: "/x" } }, b: { route: { path: "/y" } }, c: {} });
  if (!a || !b || !c) throw new Error("three services");
  expect(routingTable([c, b, a])).toStrictEqual(routingTable([a, b, c]));
});
