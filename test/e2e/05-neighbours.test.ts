import { createServer } from "node:http";
import { ids, shortIds, traces } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { losingNothing } from "./load.ts";

describe("beside the first stack", () => {
  const first = Fleet.first();
  const second = Fleet.second();
  let before: string[];

  beforeAll(async () => {
    await first.toStart();
    await second.create();
  });
  beforeEach(async () => {
    before = ids(await first.containers());
  });
  afterEach(async () => {
    expect(ids(await first.containers())).toEqual(before);
  });

  const small = () =>
    second.configure((config) => {
      config.consul.servers = 1;
      config.loadBalancers.count = 1;
      config.services.web.replicas = 2;
    });

  test("a second one does not come up on ports of the first, and says why", async () => {
    small();
    const { code, output } = await second.attemptUp((config) => {
      config.loadBalancers.port = 18080;
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(new RegExp(`port 18080, .* is taken by container ${first.name}--front--local`));
    expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(await traces(second.name)).toEqual([]);
  });

  test("a second one does not come up on a port that a program has taken, and says why", async () => {
    small();
    const program = createServer().listen(28580, "127.0.0.1");
    try {
      const { code, output } = await second.attemptUp((config) => {
        config.loadBalancers.port = 28080;
      });
      expect(code).not.toBe(0);
      expect(output).toMatch(/port 28580, .* is taken by another program/);
    } finally {
      program.close();
    }
    expect(await traces(second.name)).toEqual([]);
  });

  test("a second one lives, and goes without a trace", async () => {
    small();
    await losingNothing(first.url, () => second.up());
    expect(Object.keys(await whoAnswers(second.url)).sort()).toEqual(shortIds(await second.servers()));
    expect(Object.keys(await whoAnswers(first.url)).sort()).toEqual(shortIds(await first.servers()));
    expect(await (await second.consul()).alive()).toEqual([
      `${second.name}--agent--local`,
      `${second.name}--consul--1`,
    ]);
    await losingNothing(first.url, () => second.stack.run("destroy"));
    expect(await traces(second.name)).toEqual([]);
  });
});

describe("bad input", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  test("changes nothing, and every fault is told at once", async () => {
    const before = ids(await fleet.containers());
    const good = fleet.stack.config;
    const { code, output } = await fleet.attemptUp((config) => {
      config.consul.servers = 2;
      config.network.subnet = "10.213.0.0/33";
      config.services.web.replicas = -1;
      config.services.web.memory = "much";
      config.services.pages = { replicas: 1, port: 80, health: { timeout: 1 }, build: "./nowhere" };
      Object.assign(config, { balancers: 3 });
    });
    expect(code).not.toBe(0);
    for (const path of [
      "consul.servers",
      "network.subnet",
      "services.web.replicas",
      "services.web.memory",
      "services.pages.build",
      "balancers",
    ]) {
      expect(output).toContain(path);
    }
    expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(ids(await fleet.containers())).toEqual(before);

    fleet.stack.config = good;
    await fleet.stack.run("preview", "--expect-no-changes");
  });
});
