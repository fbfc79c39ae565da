import { docker, logs } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { say } from "../../harness/say.ts";
import { whileAsking } from "../../harness/tcp.ts";
import { sleep, within } from "../../harness/wait.ts";

describe("a service that requires another", () => {
  const fleet = Fleet.first();
  const store = {
    build: "test/fixtures/valkey",
    replicas: 1,
    port: 6379,
    protocol: "tcp",
    rollout: { settle: 0 },
    drain: 2,
  };
  const requires = { store: { service: "store", env: { STORE: "{{host}}:{{port}}" } } };
  const count = async () => {
    const { status, body } = await get(`${fleet.url}count`);
    if (status !== 200) throw new Error(`${status}: ${body}`);
    return Number(body);
  };
  beforeAll(() => fleet.toStart());
  afterAll(() => fleet.toStart());

  const losingNone = async (work: () => Promise<unknown>) => {
    const { asked, failures } = await whileAsking(count, work);
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(50);
  };
  const update = (change: object) => fleet.up(({ services }) => Object.assign(services.store ?? {}, change));

  test("both come in one update, and the one is told where the other is", async () => {
    await fleet.up(({ services }) => {
      services.store = store;
      Object.assign(services.web, { requires, health: { path: "/count", timeout: 30 } });
    });
    expect(await count()).toBeLessThan(await count());
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("it needs not know that the other becomes more, gets a new version, or another port", async () => {
    await losingNone(async () => {
      await update({ replicas: 3 });
      await update({ env: { VERSION: "2" } });
      await update({ replicas: 1 });
    });
    await losingNone(() => update({ provides: 16_379 }));
  });

  test("nor that a copy of the other dies where there are more, or balancers become more and fewer", async () => {
    await update({ replicas: 2 });
    await losingNone(async () => {
      const [copy] = await fleet.servers("store");
      await sleep(0.5);
      process.kill(copy?.State.Pid ?? 0, "SIGKILL");
      await sleep(2);
      for (const count of [3, 2])
        await fleet.up(({ loadBalancers }) => {
          loadBalancers.count = count;
        });
    });
  });

  test("its copies are told when those of the other change; a command that fails is run again, and harms nobody", async () => {
    const file = "/tmp/told";
    const listening = (...command: string[]) =>
      fleet.up(({ services }) => {
        Object.assign(services.web, { requires: { store: { ...requires.store, onChange: { command } } } });
      });
    const told = async () => {
      const copies = await fleet.servers();
      const texts = await Promise.all(copies.map(({ Id }) => docker("exec", Id, "cat", file)));
      return texts.map((text): string[] =>
        JSON.parse(text).endpoints.map(({ name }: { name: string }) => name),
      );
    };
    const names = async () => {
      const copies = (await fleet.servers("store")).filter(({ State }) => State.Running);
      return copies.map(({ Name }) => Name).sort();
    };
    const allKnow = async () => {
      const known = await names();
      for (const endpoints of await told()) expect(endpoints).toEqual(known);
    };
    await listening("sh", "-c", `cat >${file}`);
    await within(15, "all are told after their start", allKnow);
    await losingNone(() => update({ replicas: 3 }));
    await within(3, "all know of the third", allKnow);
    const [victim] = await fleet.servers("store");
    const start = performance.now();
    await docker("kill", victim?.Id ?? "");
    await within(5, "all know of two", allKnow);
    say(`told of a copy that was killed after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    await docker("start", victim?.Id ?? "");
    await within(10, "all know of three", allKnow);

    await listening("false");
    const [herald] = await fleet.containers("herald");
    const before = await fleet.servers();
    const failures = async () => (herald ? await logs(herald) : "").match(/could not be told/g)?.length ?? 0;
    await within(30, "it fails, and is tried again", async () =>
      expect(await failures()).toBeGreaterThan(2 * before.length - 1),
    );
    const after = await fleet.servers();
    expect(after.map(({ Id, State }) => [Id, State.StartedAt])).toEqual(
      before.map(({ Id, State }) => [Id, State.StartedAt]),
    );
    await fleet.up(({ services }) => Object.assign(services.web, { requires }));
    expect(await fleet.containers("herald")).toEqual([]);
  });

  test("that the other is in maintenance is warned of", async () => {
    const operate = async (...args: string[]) =>
      expect((await fleet.stack.operate("maintenance", ...args, "--service", "store")).code).toBe(0);
    await operate("on");
    expect(await fleet.stack.run("preview")).toMatch(/service store is in maintenance: new copies of web/);
    await operate("off");
    await within(5, "it counts", count);
  });

  test("one that is taken away is missed by name, and nothing is changed", async () => {
    const { code, output } = await fleet.attemptUp(({ services }) => {
      delete services.store;
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(/services\.web\.requires\.store\.service: must be another service/);
    await fleet.up(({ services }) => {
      services.store = store;
    });
    await within(10, "it counts", count);
  });
});
