import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../../harness/docker.ts";
import type { Config } from "../../harness/fleet.ts";
import { Hosts } from "../../harness/hosts.ts";
import { get } from "../../harness/http.ts";
import { committedConfig } from "../../harness/pulumi.ts";
import { runInfo } from "../../harness/run-info.ts";
import { within } from "../../harness/wait.ts";

/** What prod builds, which a host of the lab has no way to: built on the run's own engine, and there as a base of the same. */
const built = { "prod-web": "examples/simple-server", "prod-store": "examples/simple-server/store" };

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("the stack prod, on three hosts in two data centres", () => {
  let hosts: Hosts;

  beforeAll(async () => {
    hosts = await Hosts.start(["a", "b", "c"]);
    const { services } = committedConfig<Config>("prod");
    const folders: Record<string, string> = {};
    for (const [image, source] of Object.entries(built)) {
      await docker("build", "--quiet", "--tag", image, join(runInfo().root, source));
      const folder = join(runInfo().folder, image);
      mkdirSync(folder);
      writeFileSync(join(folder, "Dockerfile"), `FROM ${image}\n`);
      folders[`./${source}`] = folder;
    }
    await hosts.lab.take(Object.keys(built));
    for (const service of Object.values(services)) service.build = folders[String(service.build)] as string;
    hosts.fleet.configure((config) => {
      config.services = services;
      config.consul.servers = 1;
      Object.assign(config.hosts.c ?? {}, { datacenter: "dc2" });
    });
    await hosts.fleet.stack.run("up");
  });
  afterAll(() => hosts?.lab.stop());

  const count = async (key: string) => Number((await get(`${hosts.urlOf(key)}count`)).body);
  /** What the copy of the data in the other data centre has. */
  const copied = async () => {
    const all = await hosts.containers("c", "server");
    const replica = all.find(({ Config }) => Config.Labels["flotilla.service"] === "replica");
    return Number(await hosts.lab.docker("c", "exec", replica?.Id ?? "", "valkey-cli", "get", "requests"));
  };
  const follows = (seconds: number, expected: number) =>
    within(seconds, "the replica has it", async () => expect(await copied()).toBe(expected));

  test("who comes to any host is answered, by copies that share a store", async () => {
    expect(await hosts.copies(["a", "b"])).toHaveLength(10);
    expect(await hosts.copies(["c"])).toEqual([]);
    for (const [index, key] of hosts.keys.entries()) expect(await count(key)).toBe(index + 1);
    await hosts.reach(["a", "b"], hosts.keys);
  });

  test("of which the other data centre has a copy, which follows", async () => {
    await follows(10, 3);
    expect(await count("b")).toBe(4);
    await follows(5, 4);
    await hosts.fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("the first data centre is lost: the copy stays, and follows again when it is back", async () => {
    await Promise.all(["a", "b"].map((key) => hosts.lab.die(key)));
    await within(15, "c says that nobody is there", async () =>
      expect((await get(hosts.urlOf("c"))).status).toBe(503),
    );
    expect(await copied()).toBe(4);
    await hosts.fleet.stack.run("up");
    await Promise.all(["a", "b"].map((key) => hosts.lab.revive(key)));
    await within(60, "it counts on", async () => expect(await count("c")).toBe(5));
    await follows(30, 5);
    await hosts.fleet.stack.run("up");
    await hosts.fleet.stack.run("destroy");
  });
});
