import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, ids, names, traces } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { whileAsking } from "../../harness/tcp.ts";
import { sleep, within } from "../../harness/wait.ts";
import type { JobRecord, Run } from "../../lib/jobs.ts";

describe("jobs", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());
  afterAll(() => fleet.toStart());

  const jobs = (...args: string[]) => fleet.stack.operate("jobs", ...args);
  const sh = (line: string) => ["sh", "-c", line];
  /** With the image of the service that is there. */
  const job = (line: string, more: object) => ({ service: "web", command: sh(line), ...more });
  const records = "/var/lib/flotilla-jobs";
  /** What is written down of a job, as its scheduler has it. */
  const recordOf = async (name: string): Promise<JobRecord> => {
    const { Id } = await fleet.the("scheduler");
    return JSON.parse(await docker("exec", Id, "cat", `${records}/${name}/record.json`));
  };
  const lastOf = async (name: string): Promise<Run | undefined> => (await recordOf(name)).runs.at(-1);
  const runs = () => fleet.containers("run");
  const ask = async () => {
    const { status, body } = await get(fleet.url);
    if (status !== 200) throw new Error(`${status}: ${body}`);
  };

  test("run when their time comes, and what comes of it is kept", async () => {
    const schedule = "* * * * *";
    await fleet.up((config) => {
      config.services.web.env.GREETING = "hello";
      config.jobs = {
        greet: job('echo "$GREETING, $WHO"; sleep 1; echo of $(id -u) >&2', {
          schedule,
          env: { WHO: "world" },
        }),
        flaky: job("echo $$ >&2; exit 3", { schedule, retries: 1 }),
        slow: job("echo begun; exec sleep 600", { schedule, timeout: 2 }),
        busy: job("exec sleep 600", { schedule }),
        replaced: job("exec sleep 600", { schedule, overlap: "replace" }),
        idle: job("true", { schedule: "0 0 1 1 *" }),
      };
    });
    expect(await runs()).toEqual([]);
    await fleet.stack.run("preview", "--expect-no-changes");

    await within(100, "each has run", async () => {
      expect(await lastOf("greet")).toMatchObject({ outcome: "succeeded", code: 0, attempts: 1 });
      expect(await lastOf("flaky")).toMatchObject({ outcome: "failed", code: 3, attempts: 2 });
      expect(await lastOf("slow")).toMatchObject({ outcome: "timed out", attempts: 1 });
      expect(await lastOf("busy")).toMatchObject({ outcome: "under way" });
    });
    expect((await jobs("logs", "greet")).stdout).toBe("hello, world\nof 1000\n");
    expect((await jobs("logs", "slow")).stdout).toBe("begun\nflotilla: it was ended after 2 s\n");
    expect((await jobs("logs", "flaky")).stdout).toMatch(
      /^\d+\nflotilla: attempt 1 failed \(3\)[^\n]*\n\d+\n$/,
    );
    const { code, stdout } = await jobs();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^greet +local +\* \* \* \* \* +\S+ \S+ UTC, \d+ s ago +succeeded +\d s +\S+ \S+ UTC\n/m,
    );
    expect(stdout).toMatch(/^flaky .* failed \(3\), attempt 2 /m);
    expect(stdout).toMatch(/^idle +local +0 0 1 1 \* +never /m);
    expect((await jobs("list", "--check")).code).toBe(1);
  });

  test("that are at work when their time comes again are let be, or replaced", async () => {
    const before = await runs();
    expect(names(before).map((name) => name.split("--")[2])).toEqual(["busy", "replaced"]);
    await within(70, "the minute is over", async () =>
      expect(await lastOf("busy")).toMatchObject({ outcome: "skipped", times: 1 }),
    );
    await within(15, "the other one has a new run", async () => {
      const { runs } = await recordOf("replaced");
      expect(runs.map(({ outcome }) => outcome)).toEqual(["replaced", "under way"]);
    });
    const [busy, replaced] = await runs();
    expect(busy?.Id).toBe(before[0]?.Id);
    expect(replaced?.Id).not.toBe(before[1]?.Id);
  });

  test("go on while their scheduler is replaced; those that are taken out end", async () => {
    const [busy] = await runs();
    const scheduler = await fleet.the("scheduler");
    const line = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo $i; sleep 1; done";
    await fleet.up((config) => {
      config.jobs = {
        busy: job("exec sleep 600", { schedule: "* * * * *" }),
        count: job(line, { schedule: "0 0 1 1 *" }),
      };
    });
    expect((await fleet.the("scheduler")).Id).not.toBe(scheduler.Id);
    expect(ids(await runs())).toContain(busy?.Id);
    await within(15, "the other one has ended", async () =>
      expect(names(await runs())).toEqual([busy?.Name]),
    );

    const asked = jobs("run", "count");
    await within(10, "it is at work", async () =>
      expect(await lastOf("count")).toMatchObject({ outcome: "under way" }),
    );
    expect(await jobs("run", "count")).toMatchObject({ code: 1, stderr: "count is at work: run 1\n" });
    await sleep(2);
    await docker("kill", (await fleet.the("scheduler")).Id);
    await docker("start", (await fleet.the("scheduler")).Id);
    await asked;
    const all = Array.from({ length: 15 }, (_, index) => `${index + 1}\n`).join("");
    await within(30, "it has ended", async () =>
      expect(await lastOf("count")).toMatchObject({ outcome: "succeeded" }),
    );
    expect((await jobs("logs", "count", "--run", "1")).stdout).toBe(all);
    const { code, stdout } = await jobs("run", "count");
    expect({ code, stdout }).toEqual({ code: 0, stdout: all });
  });

  test("that were missed are noticed, and made up for where that is asked for", async () => {
    // As far from now as can be.
    const schedule = `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;
    await fleet.up((config) => {
      config.jobs = {
        missed: job("true", { schedule }),
        made: job("echo made", { schedule, catchUp: true }),
      };
    });
    const { Id } = await fleet.the("scheduler");
    await docker("stop", Id);
    // As if it had been off for three days.
    const folder = mkdtempSync(join(tmpdir(), "flotilla-jobs-"));
    const file = join(folder, "record.json");
    for (const name of ["missed", "made"]) {
      await docker("cp", `${Id}:${records}/${name}/record.json`, file);
      const record: JobRecord = JSON.parse(readFileSync(file, "utf8"));
      const seen = new Date(Date.now() - 3 * 86_400_000).toISOString();
      writeFileSync(file, JSON.stringify({ ...record, seen }));
      await docker("cp", file, `${Id}:${records}/${name}/record.json`);
    }
    rmSync(folder, { recursive: true });
    await docker("start", Id);
    await within(20, "it is noticed, and made up for", async () => {
      const [missed] = (await recordOf("missed")).runs;
      expect(missed).toMatchObject({ outcome: "missed", times: 3 });
      const made = (await recordOf("made")).runs;
      expect(made.slice(0, 2).map(({ outcome }) => outcome)).toEqual(["missed", "succeeded"]);
      expect(made[1]?.cause).toBe("catch-up");
    });
    expect((await jobs("logs", "made", "--run", "2")).stdout).toBe("made\n");
    expect((await jobs()).stdout).toMatch(/^missed .* 3$/m);
  });

  describe("before a service's roll", () => {
    /** Serves only where the data have its version; leaves a word where they have not. */
    const serve = sh(
      '[ "$(cat /data/schema)" = "$SCHEMA" ] || { touch /data/too-early; exit 1; }; exec python3 /app/server.py',
    );
    const migrate =
      'echo "from $(cat /data/schema 2>&1) to $SCHEMA"; [ "$SCHEMA" != 3 ] || { echo no room; exit 7; }; echo "$SCHEMA" >/data/schema; echo "$SCHEMA" >>/data/all';
    const toSchema = (schema: string) =>
      fleet.attemptUp(({ services }) => {
        services.web.env.SCHEMA = schema;
      });
    const data = async () => docker("exec", (await fleet.servers())[0]?.Id ?? "", "cat", "/data/all");
    const schemas = async () =>
      (await fleet.servers()).map(({ Config }) => Config.Env.find((one) => one.startsWith("SCHEMA=")));

    test("they run before any new copy is made", async () => {
      await fleet.up((config) => {
        Object.assign(config.services.web, {
          command: serve,
          user: 0,
          volumes: [{ name: "data", path: "/data" }],
          rollout: { settle: 0 },
        });
        config.services.web.env.SCHEMA = "1";
        config.jobs = { migrate: job(migrate, { before: "web" }) };
      });
      expect(await data()).toBe("1\n");
      await fleet.stack.run("preview", "--expect-no-changes");
      await fleet.up(({ services }) => {
        services.web.replicas = 3;
      });
      expect(await data()).toBe("1\n");
      const { failures } = await whileAsking(ask, async () => expect((await toSchema("2")).code).toBe(0));
      expect(failures).toEqual([]);
      expect(await data()).toBe("1\n2\n");
    });

    test("a new image has them run as well, and no copy has ever come before them", async () => {
      fleet.application.setVersion("1.0.1");
      await fleet.up();
      expect(await data()).toBe("1\n2\n2\n");
      const [copy] = await fleet.servers();
      expect(await docker("exec", copy?.Id ?? "", "ls", "/data")).toBe("all\nschema\n");
    });

    test("one that fails stops the update, with what it printed, and the old copies serve on", async () => {
      const before = await fleet.servers();
      const { asked, failures } = await whileAsking(ask, async () => {
        const { code, output } = await toSchema("3");
        expect(code).not.toBe(0);
        expect(output).toMatch(
          /job migrate failed on host local after \d+\.\d s:\s+from 2 to 3\s+no room\s+run \d+ failed, exit code 7/,
        );
      });
      expect(failures).toEqual([]);
      expect(asked).toBeGreaterThan(50);
      expect(ids(await fleet.servers())).toEqual(ids(before));
      expect((await toSchema("3")).code).not.toBe(0);
      expect((await toSchema("4")).code).toBe(0);
      expect(new Set(await schemas())).toEqual(new Set(["SCHEMA=4"]));
      expect(await data()).toBe("1\n2\n2\n4\n");
    });

    test("going back to a version that has served runs nothing", async () => {
      const { code, output } = await fleet.stack.operate("rollback", "--yes");
      expect(`${code} ${output}`).toMatch(/^0 /);
      expect(await data()).toBe("1\n2\n2\n4\n");
      await fleet.up();
      expect(await data()).toBe("1\n2\n2\n4\n");
      await fleet.up(({ services }) => {
        delete services.web.version;
      });
    });
  });

  test("once, as long as what they run stays the same", async () => {
    const seed = (line: string) =>
      fleet.up((config) => {
        config.jobs = {
          seed: job(line, { once: true }),
          busy: job("exec sleep 600", { schedule: "0 0 1 1 *" }),
        };
      });
    const count = async () => (await recordOf("seed")).runs.length;
    await seed("echo one");
    await fleet.up();
    expect(await count()).toBe(1);
    await seed("echo two");
    expect(await count()).toBe(2);
    expect((await jobs("logs", "seed")).stdout).toBe("two\n");
    await fleet.stack.run("up", "--refresh");
    expect(await count()).toBe(2);
  });

  test("that are under way when the stack is taken away are so, too", async () => {
    const asked = jobs("run", "busy");
    await within(15, "it is at work", async () => expect(await runs()).toHaveLength(1));
    await fleet.stack.run("destroy");
    await asked;
    expect(await traces(fleet.name)).toEqual([]);
  });

  test("before a service that requires another one reach that where nothing has been before", async () => {
    const ping = `import os, socket
host, port = os.environ["STORE"].split(":")
store = socket.create_connection((host, int(port)), 5)
store.sendall(b"PING\\r\\n")
print(store.recv(7).decode().strip())`;
    fleet.startOver((config) => {
      config.services.store = { build: "test/fixtures/valkey", replicas: 1, port: 6379, protocol: "tcp" };
      config.services.web.requires = { store: { service: "store", env: { STORE: "{{host}}:{{port}}" } } };
      config.jobs = { ping: { service: "web", command: ["python3", "-c", ping], before: "web" } };
    });
    await fleet.stack.run("up");
    expect((await jobs("logs", "ping")).stdout).toBe("+PONG\n");
    expect((await recordOf("ping")).runs).toMatchObject([{ cause: "up", outcome: "succeeded", attempts: 1 }]);
  });
});
