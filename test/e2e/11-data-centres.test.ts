import { Lab } from "../../harness/engine/lab.ts";
import { type Config, Fleet, whoAnswers } from "../../harness/fleet.ts";
import { Load } from "../../harness/load/load.ts";
import { everyMethod, type Plan, unhurried } from "../../harness/load/plan.ts";
import type { Failure } from "../../harness/load/samples.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep, within } from "../../harness/wait.ts";
import { baseImages } from "../../lib/base-images.ts";

const lines = (text: string) => text.split("\n").filter(Boolean);

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("two data centres", () => {
  let lab: Lab;
  let fleet: Fleet;
  let loads: Load[] = [];

  beforeAll(async () => {
    lab = await Lab.start(["a", "b", "c"]);
    await lab.take(Object.values(baseImages));
    fleet = Fleet.onHosts(lab.hosts, { c: "dc2" });
    await fleet.create();
    fleet.configure(({ consul }) => {
      consul.servers = 1;
    });
  });
  afterEach(async () => {
    for (const load of loads.splice(0)) await load.stop();
  });
  afterAll(() => lab?.stop());

  const urlOf = (key: string) => `http://${lab.host(key).address}:${fleet.config.loadBalancers.port}/`;
  const planAt = (key: string): Plan => ({ ...unhurried(everyMethod(urlOf(key))), sockets: 0 });
  const ofRole = async (key: string, role: string) =>
    lines(await lab.docker(key, "ps", "--format", "{{.ID}}", "--filter", `label=flotilla.role=${role}`));
  const copies = async (...keys: string[]) =>
    (await Promise.all(keys.map((key) => ofRole(key, "server")))).flat().sort();
  const answering = async (key: string) => Object.keys(await whoAnswers(urlOf(key), 100)).sort();
  /** Who answers clients at each host: the copies on which hosts. */
  const answers = async (expected: Readonly<Record<string, string>>) => {
    for (const [key, hosts] of Object.entries(expected))
      expect([key, await answering(key)]).toEqual([key, await copies(...hosts.split(" "))]);
  };
  const startLoads = async (...keys: string[]) => {
    loads = keys.map((key) => new Load(planAt(key)));
    await sleep(2);
  };
  const failures = async (excused: (failure: Failure) => boolean = () => false) => {
    await sleep(1);
    const ended = loads.splice(0);
    for (const load of ended) await load.stop();
    for (const { samples } of ended) expect(samples.requests).toBeGreaterThan(300);
    return ended.flatMap(({ samples }) => samples.failures.filter((failure) => !excused(failure)));
  };
  const athome = { a: "a b", b: "a b", c: "c" };
  const addC = ({ hosts }: Config) => {
    const { docker, address } = lab.host("c");
    hosts.c = { docker, address, datacenter: "dc2" };
  };

  test("a second one is added to the first, and has a Consul of its own", async () => {
    await fleet.up(({ hosts }) => {
      delete hosts.c;
    });
    await startLoads("a", "b");
    await fleet.up(addC);
    expect(await failures()).toEqual([]);
    await answers(athome);
    for (const key of ["a", "c"]) expect(await ofRole(key, "consul")).toHaveLength(1);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a service moves from one to the other, and back", async () => {
    await startLoads("a", "c");
    await fleet.up(({ services }) => {
      services.web.hosts = ["c"];
    });
    expect(await failures()).toEqual([]);
    await answers({ a: "c", b: "c", c: "c" });
    await startLoads("a", "c");
    await fleet.up(({ services }) => {
      services.web.hosts = ["a", "b"];
    });
    expect(await failures()).toEqual([]);
    await answers({ a: "a b", b: "a b", c: "a b" });
    await fleet.up(({ services }) => {
      delete services.web.hosts;
    });
    await answers(athome);
  });

  test("the link between them is cut: neither is touched", async () => {
    await startLoads("a", "c");
    lab.part("a", "c");
    lab.part("b", "c");
    await sleep(8);
    expect(await failures()).toEqual([]);
    await answers(athome);
    lab.join("a", "c");
    lab.join("b", "c");
  });

  test("one dies: the other serves on and can be changed; it comes back as it was", async () => {
    await startLoads("c");
    await Promise.all([lab.die("a"), lab.die("b")]);
    await fleet.up(({ services }) => {
      services.web.replicas = 3;
    });
    expect(await failures()).toEqual([]);
    await answers({ c: "c" });
    expect(await copies("c")).toHaveLength(3);
    await fleet.stack.run("preview", "--expect-no-changes");
    await startLoads("c");
    await Promise.all([lab.revive("a"), lab.revive("b")]);
    await within(60, "both take part", () => answers(athome));
    await fleet.stack.run("up");
    expect(await failures()).toEqual([]);
    expect(await copies("a", "b")).toHaveLength(6);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("one is taken away and added again, and then dies and is forgotten without being asked", async () => {
    const removeC = ({ hosts }: Config) => {
      delete hosts.c;
    };
    await startLoads("a", "b");
    await fleet.up(removeC);
    expect(await lab.docker("c", "ps", "--all", "--quiet")).toBe("");
    await fleet.up(addC);
    await answers(athome);
    await lab.die("c");
    await fleet.stack.run("up");
    await fleet.up(removeC);
    expect(await failures()).toEqual([]);
    await answers({ a: "a b", b: "a b" });
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });
});
