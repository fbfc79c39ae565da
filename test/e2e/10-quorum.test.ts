import type { Fleet } from "../../harness/fleet.ts";
import { Hosts } from "../../harness/hosts.ts";
import type { Load } from "../../harness/load/load.ts";
import type { Failure } from "../../harness/load/samples.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep } from "../../harness/wait.ts";

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("four hosts, of which three have Consul's servers", () => {
  const left = ["a", "d"];
  let hosts: Hosts;
  let fleet: Fleet;

  beforeAll(async () => {
    hosts = await Hosts.start(["a", "b", "c", "d"]);
    ({ fleet } = hosts);
    fleet.configure(({ services }) => {
      services.web.replicas = 1;
      services.web.sessions = false;
    });
  });
  afterAll(() => hosts?.lab.stop());

  const failures = (...args: [(load: Load) => Promise<unknown>, ((failure: Failure) => boolean)?]) =>
    hosts.failuresAt(left, ...args);
  const voters = async (key: string) =>
    (await hosts.consul(key, "operator", "raft", "list-peers")).split("\n").slice(1).filter(Boolean).length;

  test("with most of them there is nothing to recover", async () => {
    await fleet.stack.run("up");
    await hosts.reachEachOther(...hosts.keys);
    for (const key of ["a", "b", "c"]) expect(await hosts.containers(key, "consul")).toHaveLength(1);
    const { code, output } = await fleet.stack.operate("recover", "--yes");
    expect([code, output]).toEqual([0, expect.stringContaining("there is nothing to recover")]);
  });

  test("two of those die: the others serve on, and up says at once why nothing can be changed", async () => {
    let [death, died] = [0, 0];
    const loseTwo = async (load: Load) => {
      death = load.seconds;
      await Promise.all(["b", "c"].map((key) => hosts.lab.die(key)));
      died = load.seconds;
      await sleep(5);
      const { code, output } = await fleet.attemptUp(({ services }) => {
        services.web.replicas = 2;
      });
      expect(code).not.toBe(0);
      expect(output).toMatch(
        /Consul of data centre dc1 can decide nothing: .* host b and c\. .* `npm run recover -- /,
      );
    };
    // What may not be sent twice, and was there.
    const wasThere = ({ method, start, end }: Failure) =>
      method === "POST" && start < died + 0.1 && end < death + 7;
    expect(await failures(loseTwo, wasThere)).toEqual([]);
    await hosts.reachEachOther(...left);
  });

  test("what is left of Consul goes on without them, and all can be changed again", async () => {
    const goOn = async () => {
      const { code, output } = await fleet.stack.operate("recover", "--yes");
      expect([code, output]).toEqual([0, expect.stringContaining("has a leader again")]);
      await fleet.stack.run("up");
      expect(await hosts.copies(left)).toHaveLength(4);
      await hosts.reachEachOther(...left);
      expect(await voters("a")).toBe(1);
      await fleet.up((config) => {
        delete config.hosts.b;
        delete config.hosts.c;
      });
      expect(await voters("a")).toBe(fleet.size.consul);
      fleet.application.setVersion("2.0.0");
      await fleet.up();
    };
    expect(await failures(goOn)).toEqual([]);
    await hosts.reachEachOther(...left);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("those that return are told of, and admitted again by what is said, data of Consul's and all", async () => {
    const admitAgain = async () => {
      await Promise.all(["b", "c"].map((key) => hosts.lab.revive(key)));
      const { code, output } = await fleet.attemptUp(({ hosts: all }) => {
        for (const key of ["b", "c"]) {
          const { docker, address } = hosts.lab.host(key);
          all[key] = { docker, address };
        }
      });
      expect(code).not.toBe(0);
      expect(await hosts.clearLeftovers(output)).toBeGreaterThan(1);
      await fleet.stack.run("up");
    };
    expect(await failures(admitAgain)).toEqual([]);
    await hosts.reachEachOther(...hosts.keys);
    expect(await voters("a")).toBe(fleet.size.consul);
    await fleet.stack.run("destroy");
  });
});
