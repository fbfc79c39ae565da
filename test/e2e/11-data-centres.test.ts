import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../../harness/docker.ts";
import type { Lab } from "../../harness/engine/lab.ts";
import type { Config, Fleet } from "../../harness/fleet.ts";
import { Hosts } from "../../harness/hosts.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep, within } from "../../harness/wait.ts";

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("two data centres, of a and b, and of c", () => {
  let hosts: Hosts;
  let lab: Lab;
  let fleet: Fleet;

  beforeAll(async () => {
    hosts = await Hosts.start(["a", "b", "c"]);
    ({ lab, fleet } = hosts);
    fleet.configure(({ consul, services }) => {
      consul.servers = 1;
      services.web.sessions = false;
    });
  });
  afterAll(() => lab?.stop());

  const failures = (keys: string, work: () => Promise<unknown>) => hosts.failuresAt(keys.split(" "), work);
  /** That at some hosts the copies on some answer, and no others. */
  const reach = (at: string, on: string) => hosts.reach(on.split(" "), at.split(" "));
  const eachItsOwn = async () => {
    await reach("a b", "a b");
    await reach("c", "c");
  };
  const addC = ({ hosts }: Config) => {
    const { docker, address } = lab.host("c");
    hosts.c = { docker, address, datacenter: "dc2" };
  };
  const removeC = ({ hosts }: Config) => {
    delete hosts.c;
  };
  const runOn =
    (...keys: string[]) =>
    ({ services }: Config) => {
      services.web.hosts = keys;
    };

  test("a second one is added to the first, and has a Consul of its own", async () => {
    await fleet.up(removeC);
    expect(await failures("a b", () => fleet.up(addC))).toEqual([]);
    await eachItsOwn();
    for (const key of ["a", "c"]) expect(await hosts.containers(key, "consul")).toHaveLength(1);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("a service moves from one to the other, and back", async () => {
    expect(await failures("a c", () => fleet.up(runOn("c")))).toEqual([]);
    await reach("a b c", "c");
    expect(await failures("a c", () => fleet.up(runOn("a", "b")))).toEqual([]);
    await reach("a b c", "a b");
    await fleet.up(({ services }) => {
      delete services.web.hosts;
    });
    await eachItsOwn();
  });

  test("what one has backed up is restored in the other, under clients whom the first one answers meanwhile", async () => {
    const target = join(runInfo().folder, "target-of-data-centres");
    mkdirSync(target);
    fleet.configure((config) => {
      config.services.web.volumes = [{ name: "words", path: "/words" }];
      config.backups = { target: { folder: target }, of: { words: { service: "web" } } };
    });
    await fleet.stack.setSecret("backups.password", "the password of both data centres");
    await fleet.stack.run("up");
    const at = async (key: string, command: string) => {
      const [copy] = await hosts.containers(key, "server");
      const { docker: endpoint } = lab.host(key);
      const inCopy = ["exec", "--user", "0", copy?.Id ?? "", "sh", "-c", command];
      return (await docker("--host", endpoint, ...inCopy)).trim();
    };
    const operate = async (program: string, ...args: string[]) => {
      const { code, output } = await fleet.stack.operate(program, ...args);
      if (code !== 0) throw new Error(output);
    };
    await at("a", "echo of the first > /words/one");
    await at("c", "echo of the second > /words/one");
    await operate("backup", "--host", "a");
    const restore = () => operate("restore", "words", "--host", "c", "--from", "a", "--in-place", "--yes");
    expect(await failures("c", restore)).toEqual([]);
    expect(await at("c", "cat /words/one")).toBe("of the first");
    await eachItsOwn();
    await fleet.up((config) => {
      delete config.backups;
      delete config.services.web.volumes;
    });
  });

  test("the link between them is cut: neither is touched", async () => {
    const cut = async () => {
      for (const key of ["a", "b"]) lab.part(key, "c");
      await sleep(8);
    };
    expect(await failures("a c", cut)).toEqual([]);
    await eachItsOwn();
    for (const key of ["a", "b"]) lab.join(key, "c");
  });

  test("one dies: the other serves on and can be changed; it comes back as it was", async () => {
    const loseTheFirst = async () => {
      await Promise.all([lab.die("a"), lab.die("b")]);
      await fleet.up(({ services }) => {
        services.web.replicas = 3;
      });
    };
    expect(await failures("c", loseTheFirst)).toEqual([]);
    await reach("c", "c");
    expect(await hosts.copies(["c"])).toHaveLength(3);
    await fleet.stack.run("preview", "--expect-no-changes");
    const findItAgain = async () => {
      await Promise.all([lab.revive("a"), lab.revive("b")]);
      await within(60, "both take part", eachItsOwn);
      await fleet.stack.run("up");
    };
    expect(await failures("c", findItAgain)).toEqual([]);
    expect(await hosts.copies(["a", "b"])).toHaveLength(6);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("one is taken away and added again, and then dies and is forgotten without being asked", async () => {
    const comeAndGo = async () => {
      await fleet.up(removeC);
      expect(await hosts.containers("c")).toEqual([]);
      await fleet.up(addC);
      await eachItsOwn();
      await lab.die("c");
      await fleet.stack.run("up");
      await fleet.up(removeC);
    };
    expect(await failures("a b", comeAndGo)).toEqual([]);
    await reach("a b", "a b");
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
    await fleet.stack.run("destroy");
  });
});
