import { poolsOf, targetsOf } from "../../operate/pools.ts";
import { imageBringer, poolResources } from "../support/stack-export.ts";

const web = poolResources("web", "local", "flotilla/dev-web:aa", 2);
const api = poolResources("api", "local", "nginx:1");
const network = {
  urn: "urn:pulumi:dev::flotilla::docker:index/network:Network::dev",
  type: "docker:index/network:Network",
};
const names = (urns: readonly string[]) => urns.map((urn) => urn.split("::").at(-1));

const pool = (resources: Parameters<typeof poolsOf>[0], service = "web") =>
  (poolsOf(resources) ?? []).filter((pool) => pool.service === service);

test("a pool is its component and all below it", () => {
  const nested = { urn: "urn:…::nested", type: "x", parent: web[1]?.urn ?? "" };
  const pools = poolsOf([network, ...web, ...api, nested]);
  expect(pools?.map(({ service, host, image }) => ({ service, host, image }))).toStrictEqual([
    { service: "web", host: "local", image: "flotilla/dev-web:aa" },
    { service: "api", host: "local", image: "nginx:1" },
  ]);
  expect(pools?.[0]?.members).toStrictEqual([...web, nested]);
});

test("the image is the last one, not one that waits to be deleted", () => {
  const old = {
    ...web[1],
    urn: "urn:…",
    type: "docker:index/remoteImage:RemoteImage",
    parent: web[0]?.urn ?? "",
  };
  const resources = [...web.slice(0, 1), { ...old, delete: true, inputs: { name: "old" } }, ...web.slice(1)];
  expect(pool(resources)[0]?.image).toBe("flotilla/dev-web:aa");
});

test("a stack whose pools do not say whose they are has none to be found", () => {
  expect(poolsOf(web.map((resource) => ({ ...resource, inputs: {} })))).toBeUndefined();
});

test("targets are the pool's own and what brings its image, copies by a pattern that finds new ones, too", () => {
  const resources = [network, imageBringer("web"), imageBringer("api"), ...web, ...api];
  expect(names(targetsOf(pool(resources), resources))).toStrictEqual([
    "image-web",
    "web-local",
    "web-local",
    "dev-web-local-*",
    "web-local-registration",
  ]);
});

test("no pattern that finds another's copies", () => {
  const resources = [...web, ...poolResources("web-local", "b", "nginx:1")];
  expect(names(targetsOf(pool(resources), resources))).toStrictEqual([
    "web-local",
    "web-local",
    "dev-web-local-1",
    "dev-web-local-2",
    "web-local-registration",
  ]);
});
