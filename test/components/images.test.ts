import { Provider } from "../../components/docker.ts";
import type { HostsView } from "../../lib/images/hosts-view.ts";
import { deploy, find, idsBelow, type Registered } from "../support/deploy.ts";
import { hostsWithAll, stackImages } from "../support/hosts.ts";
import { settingsFrom } from "../support/settings-from.ts";

const hosts = {
  a: { docker: "unix:///a.sock", address: "10.0.0.1" },
  b: { docker: "ssh://b", address: "10.0.0.2" },
};
const config = { hosts, consul: { servers: 1 } };
const build = { context: "examples/simple-server", args: { VERSION: "2" } };

/** Registers the image of service web, which runs on both hosts. */
function run(
  service: Record<string, unknown>,
  view: Partial<HostsView> = {},
  more = {},
): Promise<Registered[]> {
  return deploy(() => {
    const settings = settingsFrom({ ...config, ...more, services: { web: { port: 80, ...service } } });
    const images = stackImages(settings, { ...hostsWithAll, ...view });
    for (const { key } of settings.hosts) {
      const provider = new Provider(key, { host: "tcp://any" });
      images.ofService("web", `web-${key}`, key, { provider });
    }
  });
}

const told = (all: readonly Registered[], id: string) => JSON.parse(String(find(all, id).inputs.stdin));

test("each service's image is built by one command, and all of our own by another, whatever the number of hosts", async () => {
  expect(idsBelow(await run({ build }), "Images images")).toStrictEqual([
    "Command image-web",
    "Command own_images",
  ]);
});

test("a host that lacks an image has it brought; the others' stays what it is", async () => {
  const all = await run({ build }, { has: (host) => host === "a" });
  const command = find(all, "Command image-web");
  expect(command.ignoreChanges).toStrictEqual([]);
  expect(command.secrets).toContain("stdin");
  const { reference, build: recipe, ...rest } = told(all, "Command image-web");
  expect(reference).toMatch(/^flotilla\/test--web:[0-9a-f]{12}$/);
  expect(recipe).toStrictEqual({
    ...build,
    dockerfile: "Dockerfile",
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(reference.endsWith(recipe.hash.slice(0, 12))).toBe(true);
  expect(rest).toStrictEqual({
    labels: { "flotilla.image": "service/web", "flotilla.image.stack": "test" },
    hosts: [
      { key: "a", docker: "unix:///a.sock" },
      { key: "b", docker: "ssh://b" },
    ],
    missing: hostsWithAll.at,
    replacesOthers: false,
  });
  expect(find(all, "RemoteImage web-a")).toMatchObject({
    inputs: { name: reference, keepLocally: true },
    ignoreChanges: ["triggers"],
    dependsOn: ["Command image-web"],
  });
  expect(find(all, "RemoteImage web-b")).toMatchObject({
    inputs: { name: reference, keepLocally: true, triggers: { missing: hostsWithAll.at } },
    ignoreChanges: [],
    dependsOn: ["Command image-web"],
  });
});

test("of our own only those are told of that a host lacks", async () => {
  const has = (host: string, image: string) => !(host === "b" && /--(warden|front):/.test(image));
  const all = await run({ build }, { has });
  const images = told(all, "Command own_images") as { reference: string; missing: string }[];
  expect(images.map(({ reference }) => reference.split(":")[0])).toStrictEqual([
    "flotilla/test--front",
    "flotilla/test--warden",
  ]);
  expect(images[0]).toMatchObject({
    labels: { "flotilla.image": "own/front", "flotilla.image.stack": "test" },
    missing: hostsWithAll.at,
    replacesOthers: true,
  });
  expect(find(all, "Command own_images").ignoreChanges).toStrictEqual([]);
  expect(find(all, "Command own_images").secrets).toContain("stdin");
});

test("what moves copies is brought to the hosts that run such, and to nobody where none do", async () => {
  const moversOf = async (service: object) => {
    const all = await run({ build, ...service }, { has: () => false });
    const images = told(all, "Command own_images") as { reference: string; hosts: { key: string }[] }[];
    return images
      .filter(({ reference }) => reference.includes("--programs:"))
      .map(({ hosts }) => hosts.map(({ key }) => key));
  };
  expect(await moversOf({ replicasPer: "datacenter", hosts: ["b"] })).toStrictEqual([["b"]]);
  expect(await moversOf({})).toStrictEqual([]);
});

test("where every host has it, nothing is done", async () => {
  const all = await run({ build });
  expect(find(all, "Command own_images").ignoreChanges).toStrictEqual(["stdin"]);
  expect(told(all, "Command image-web").missing).toBeUndefined();
  expect(find(all, "Command image-web").ignoreChanges).toStrictEqual(["stdin"]);
});

test("is another as soon as what it is built from is", async () => {
  const reference = async (service: object) => told(await run({ ...service }), "Command image-web").reference;
  const other = { build: { ...build, args: { VERSION: "3" } } };
  expect(await reference({ build })).toBe(await reference({ build }));
  expect(await reference({ build })).not.toBe(await reference(other));
});

test.each([
  ["registry.example.com/team", "registry.example.com/team/test--web:"],
  // As engines list it.
  ["docker.io/team", "team/test--web:"],
])("in registry %s it is %s…", async (address, start) => {
  const registry = { address, username: "me", password: "hush" };
  const all = await run({ build }, {}, { registry });
  const { reference, registry: handed } = told(all, "Command image-web");
  expect(reference.startsWith(start)).toBe(true);
  expect(handed).toStrictEqual(registry);
});

describe("a version", () => {
  test("that the folder no longer makes is never built", async () => {
    const all = await run({ build, version: "0123456789ab" });
    expect(told(all, "Command image-web")).toMatchObject({ reference: "flotilla/test--web:0123456789ab" });
    expect(told(all, "Command image-web").build).toBeUndefined();
  });

  test("that the folder makes can be built again", async () => {
    const { reference } = told(await run({ build }), "Command image-web");
    const pinned = told(await run({ build, version: reference.split(":")[1] }), "Command image-web");
    expect(pinned).toMatchObject({ reference, build });
  });
});

describe("a ready-made image", () => {
  test("is pinned to what its tag stands for, on each host", async () => {
    const pinned = () =>
      new Map([
        ["a", "nginx:1@sha256:aa"],
        ["b", "nginx:1@sha256:bb"],
      ]);
    const all = await run({ image: "nginx:1" }, { pinned });
    expect(find(all, "RemoteImage web-a nginx:1")).toMatchObject({
      inputs: { name: "nginx:1@sha256:aa", keepLocally: true },
      ignoreChanges: [],
    });
    expect(find(all, "RemoteImage web-b nginx:1").inputs.name).toBe("nginx:1@sha256:bb");
  });

  test("stays with what it is pinned to where the registry does not answer", async () => {
    expect(find(await run({ image: "nginx:1" }), "RemoteImage web-a nginx:1")).toMatchObject({
      inputs: { name: "nginx:1", keepLocally: true },
      ignoreChanges: ["name"],
    });
  });
});
