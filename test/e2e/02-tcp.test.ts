import { docker } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { askOnce, Connection, whileAsking } from "../../harness/tcp.ts";
import { sleep, within } from "../../harness/wait.ts";
import { frontName } from "../../lib/names.ts";

describe("a service that speaks TCP", () => {
  const fleet = Fleet.first();
  const published = 18_679;
  const cache = {
    build: "test/fixtures/valkey",
    replicas: 2,
    port: 6379,
    protocol: "tcp",
    publish: published,
    health: { type: "redis" as const },
    drain: 4,
    rollout: { settle: 0 },
  };
  const update = (change: object) => fleet.up(({ services }) => Object.assign(services.cache ?? {}, change));
  beforeAll(async () => {
    await fleet.toStart(({ services }) => {
      services.cache = cache;
    });
  });
  afterAll(() => fleet.toStart());

  const open = () => Connection.open(published);
  /** Who answers a new connection, as it knows itself. */
  const served = async () => /run_id:(\w+)/.exec(await askOnce("INFO server", published))?.[1] ?? "";
  const whoServe = async (connections = 20) => {
    const seen = new Set<string>();
    for (let i = 0; i < connections; i++) seen.add(await served());
    return [...seen].sort();
  };
  const losingNone = async (work: () => Promise<unknown>) => {
    const { asked, failures } = await whileAsking(served, work);
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(50);
  };

  test("its own client is answered, through the balancers", async () => {
    const [copy] = await fleet.servers("cache");
    const front = frontName(fleet.name, "local");
    const client = (...words: string[]) =>
      docker("exec", copy?.Id ?? "", "valkey-cli", "-h", front, "-p", String(published), ...words);
    expect((await client("PING")).trim()).toBe("PONG");
    expect(await whoServe()).toHaveLength(2);
    expect(new Set(Object.values(await fleet.serversSeenBy(1, "cache")))).toEqual(new Set(["UP"]));
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("no new connection is refused while it becomes more, gets a new version, and balancers are replaced", async () => {
    await losingNone(async () => {
      await update({ replicas: 3 });
      await update({ env: { VERSION: "2" } });
      await fleet.up(({ loadBalancers }) => {
        loadBalancers.count = 3;
      });
      await update({ replicas: 2 });
    });
    expect(await whoServe()).toHaveLength(2);
  });

  test("nor when one is killed", async () => {
    const [victim] = await fleet.servers("cache");
    await losingNone(async () => {
      await sleep(0.5);
      process.kill(victim?.State.Pid ?? 0, "SIGKILL");
      await sleep(3);
    });
  });

  test("one that takes connections but says nothing is left out", async () => {
    const [victim] = await fleet.servers("cache");
    const pid = victim?.State.Pid ?? 0;
    process.kill(pid, "SIGSTOP");
    try {
      // Whoever comes to it before that waits in vain.
      await sleep(4);
      await within(10, "the other has all", async () => expect(await whoServe()).toHaveLength(1));
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await within(5, "both serve", async () => expect(await whoServe()).toHaveLength(2));
  });

  test("what it is asked and has to say may be told; what it never says is refused, and it serves on", async () => {
    const words = { send: "PING\\r\\n", expect: "+PONG" };
    await losingNone(() => update({ health: words }));
    expect(new Set(Object.values(await fleet.serversSeenBy(1, "cache")))).toEqual(new Set(["UP"]));
    await losingNone(async () => {
      const { code, output } = await fleet.attemptUp(({ services }) => {
        Object.assign(services.cache ?? {}, { health: { ...words, expect: "+PING", timeout: 3 } });
      });
      expect(code).not.toBe(0);
      expect(output).toMatch(/last answer to health\.expect on port 6379: \+PONG/);
    });
    await losingNone(() => update({ health: cache.health }));
    expect(await whoServe()).toHaveLength(2);
  });

  test("a connection that is there goes on until its copy's time to drain is over", async () => {
    const held = await Promise.all(Array.from({ length: 6 }, open));
    const isAnswered = (connection: Connection) =>
      connection.ask("PING").then(
        (answer) => answer === "+PONG",
        () => false,
      );
    const asking = held.map(async (connection) => {
      const start = performance.now();
      while (await isAnswered(connection)) await sleep(0.2);
      return (performance.now() - start) / 1000;
    });
    await update({ env: { VERSION: "3" } });
    // Their copies are taken out once the new ones are in.
    for (const seconds of await Promise.all(asking)) expect(seconds).toBeGreaterThan(cache.drain);
  });

  test("with active-backup one has all connections, and when it is lost another", async () => {
    await update({ balance: "active-backup" });
    const [active, ...more] = await whoServe();
    expect(more).toEqual([]);
    const copies = await fleet.servers("cache");
    const seen = await fleet.serversSeenBy(1, "cache");
    const first = copies.find(({ Name }) => Name === Object.keys(seen)[0]);
    await docker("stop", first?.Id ?? "");
    await within(10, "another has all", async () => {
      const [next, ...others] = await whoServe();
      expect(others).toEqual([]);
      expect(next).not.toBe(active);
    });
    await docker("start", first?.Id ?? "");
    await update({ balance: "leastconn" });
  });

  test("in maintenance, and without copies, a connection is closed at once", async () => {
    expect((await fleet.stack.operate("maintenance", "on", "--service", "cache")).code).toBe(0);
    await within(5, "it is closed", () => expect(served()).rejects.toThrow());
    expect((await fleet.stack.operate("maintenance", "off", "--service", "cache")).code).toBe(0);
    await within(5, "it is served", () => whoServe());
    await update({ replicas: 0 });
    await within(5, "it is closed", () => expect(served()).rejects.toThrow());
    await update({ replicas: 2 });
    expect(await whoServe()).toHaveLength(2);
  });
});
