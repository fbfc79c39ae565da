import type { Lab } from "../../harness/engine/lab.ts";
import type { Fleet } from "../../harness/fleet.ts";
import { Hosts } from "../../harness/hosts.ts";
import type { Load } from "../../harness/load/load.ts";
import type { Failure } from "../../harness/load/samples.ts";
import { runInfo } from "../../harness/run-info.ts";
import { within } from "../../harness/wait.ts";

const all = ["a", "b", "c"];
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("copies that move between three hosts", () => {
  let hosts: Hosts;
  let lab: Lab;
  let fleet: Fleet;

  beforeAll(async () => {
    hosts = await Hosts.start(all);
    ({ lab, fleet } = hosts);
    fleet.configure(({ services }) => {
      Object.assign(services.web, { sessions: false, replicas: 4, replicasPer: "datacenter" });
      const { build } = services.web;
      const command = ["sleep", "infinity"];
      services.clock = {
        ...(build && { build }),
        command,
        init: true,
        replicas: 1,
        replicasPer: "datacenter",
      };
    });
  });
  afterAll(() => lab?.stop());

  const failures = (...args: Parameters<Hosts["failuresAt"]>) => hosts.failuresAt(...args);
  /** How many copies of a service run on each of some hosts. */
  const spread = (keys: readonly string[], service = "web") =>
    Promise.all(keys.map(async (key) => (await hosts.copies([key], service)).length));
  const evenly = async (replicas: number, keys: readonly string[] = all) => {
    const counts = await spread(keys);
    expect(sum(counts)).toBe(replicas);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  };
  const settled = (seconds: number, replicas: number, keys: readonly string[] = all) =>
    within(seconds, `${replicas} copies on ${keys}`, async () => {
      await evenly(replicas, keys);
      await hosts.reach(keys, keys);
    });
  const update = (service: object) => fleet.up(({ services }) => Object.assign(services.web, service));
  /** A host that has two of four copies. */
  const fullest = async () => all[(await spread(all)).indexOf(2)] ?? "";

  test("as many as wanted run in all, evenly, and what else is there does not", async () => {
    await fleet.stack.run("up");
    await evenly(4);
    for (const key of all) expect(await hosts.containers(key, "server")).toHaveLength(3);
    expect(sum(await spread(all, "clock"))).toBe(1);
    await hosts.reach(all, all);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a host dies: others start what it had; it comes back, and they end that again", async () => {
    const lost = await fullest();
    const rest = all.filter((key) => key !== lost);
    let death = 0;
    const die = async (load: Load) => {
      death = load.seconds;
      await lab.die(lost);
      await settled(60, 4, rest);
    };
    const wasThere = ({ method, start }: Failure) => method === "POST" && start < death + 0.1;
    expect(await failures(rest, die, wasThere)).toEqual([]);
    expect(sum(await spread(rest, "clock"))).toBe(1);
    const comeBack = async () => {
      await lab.revive(lost);
      await settled(120, 4);
    };
    expect(await failures(rest, comeBack)).toEqual([]);
    expect(sum(await spread(all, "clock"))).toBe(1);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("while a host is dead they become more, of a new version; what it still has of the old goes when it returns", async () => {
    const lost = await fullest();
    const rest = all.filter((key) => key !== lost);
    await lab.die(lost);
    const goOn = async () => {
      fleet.application.setVersion("2.0.0");
      await update({ replicas: 6 });
    };
    expect(await failures(rest, goOn)).toEqual([]);
    await settled(1, 6, rest);
    const comeBack = async () => {
      await lab.revive(lost);
      await within(120, "the old ones are gone", async () => expect(await spread([lost])).toEqual([0]));
      await fleet.stack.run("up");
    };
    expect(await failures(rest, comeBack)).toEqual([]);
    await settled(1, 6);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a host is cut off: it goes on with what it has, and the others with all; then there are as many as before", async () => {
    const rest = ["a", "b"];
    const cut = async () => {
      lab.cut("c");
      await settled(60, 6, rest);
      expect(await spread(["c"])).toEqual([2]);
      lab.heal("c");
      await settled(120, 6);
    };
    // Until a check has found out, a POST may be on its way to it.
    expect(await failures(rest, cut, ({ method }) => method === "POST")).toEqual([]);
  });

  test("a host is drained and in use again: they move at once", async () => {
    const drain = async () => {
      await fleet.up(({ hosts }) => Object.assign(hosts.c ?? {}, { state: "drained" }));
      await settled(1, 6, ["a", "b"]);
      await fleet.up(({ hosts }) => Object.assign(hosts.c ?? {}, { state: "active" }));
      await settled(1, 6);
    };
    expect(await failures(all, drain)).toEqual([]);
    expect(sum(await spread(all, "clock"))).toBe(1);
  });

  test("one that weighs more has more, and takes that much to others when it dies", async () => {
    const weigh = (weight: number) => fleet.up(({ hosts }) => Object.assign(hosts.c ?? {}, { weight }));
    await update({ replicas: 6 });
    const shift = async () => {
      await weigh(4);
      expect(await spread(all)).toEqual([1, 1, 4]);
      await within(20, "all answer", () => hosts.reach(all, all));
      await weigh(1);
      await settled(20, 6);
      await weigh(4);
    };
    expect(await failures(all, shift)).toEqual([]);
    await lab.die("c");
    await settled(60, 6, ["a", "b"]);
    await lab.revive("c");
    await within(120, "as before", async () => expect(await spread(all)).toEqual([1, 1, 4]));
    await weigh(1);
    await settled(20, 6);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("fewer, none, one; as many on each host, and in all again", async () => {
    const change = async () => {
      await update({ replicas: 1 });
      await settled(1, 1);
      await update({ replicas: 2, replicasPer: "host" });
      expect(await spread(all)).toEqual([2, 2, 2]);
      await update({ replicas: 4, replicasPer: "datacenter" });
      await settled(1, 4);
    };
    expect(await failures(all, change)).toEqual([]);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
    await update({ replicas: 0 });
    expect(await spread(all)).toEqual([0, 0, 0]);
    await update({ replicas: 4 });
    await settled(1, 4);
  });

  test("is taken away with all it made", async () => {
    await fleet.stack.run("destroy");
    for (const { key } of lab.hosts) expect(await lab.docker(key, "ps", "--all", "--quiet")).toBe("");
  });
});
