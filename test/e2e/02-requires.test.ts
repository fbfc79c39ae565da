import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
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
