import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "../../commands/support/job-run.ts";
import { JobRunner } from "../../commands/support/job-runner.ts";
import { JobStore } from "../../commands/support/job-store.ts";
import type { Run } from "../../lib/jobs.ts";
import { EngineRefusal, type Inspected, type Listed } from "../../runtime/engine-socket.ts";

jest.mock("../../runtime/say.ts", () => ({ say: () => {} }));
jest.mock("../../lib/jobs.ts", () => ({ ...jest.requireActual("../../lib/jobs.ts"), pauseBefore: () => 1 }));

/** A container of the fake engine's. */
interface Fake {
  readonly labels: Record<string, string>;
  status: Inspected["State"]["Status"];
  /** Called with its exit code when it ends. */
  readonly end: (code: number) => void;
  readonly ended: Promise<number>;
  output: string;
}

/** An engine whose containers end as they are told. */
class FakeEngine {
  readonly containers = new Map<string, Fake>();
  readonly stopped: string[] = [];
  started = 0;
  /** What each container that is started does, the first one first; one that is not told runs on. */
  plan: { readonly code?: number; readonly output?: string }[] = [];
  missing = false;

  async inspect(name: string): Promise<Inspected> {
    const State = { ExitCode: 0, OOMKilled: false, Error: "", FinishedAt: "" };
    const base = { Image: "", Name: name, Config: {}, HostConfig: {}, NetworkSettings: {} };
    if (name === "template") {
      if (this.missing) throw new EngineRefusal(404, "No such container: template");
      return { ...base, Id: name, State: { ...State, Status: "created", StartedAt: "" } };
    }
    const { status } = this.#get(name);
    return { ...base, Id: name, State: { ...State, Status: status, StartedAt: new Date().toISOString() } };
  }

  async create(name: string, body: object): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const { Labels } = body as { Labels: Record<string, string> };
    this.containers.set(name, {
      labels: Labels,
      status: "created",
      end: resolve,
      ended: promise,
      output: "",
    });
    return name;
  }

  async start(name: string): Promise<void> {
    const container = this.#get(name);
    const { code, output = "" } = this.plan[this.started++] ?? {};
    container.status = "running";
    container.output = output;
    if (code !== undefined) this.exit(name, code);
  }

  exit(name: string, code: number): void {
    const container = this.#get(name);
    container.status = "exited";
    container.end(code);
  }

  async stop(name: string): Promise<void> {
    this.stopped.push(name);
    this.exit(name, 143);
  }

  wait(name: string): Promise<number> {
    return this.#get(name).ended;
  }

  async remove(name: string): Promise<void> {
    this.containers.delete(name);
  }

  async *logs(name: string): AsyncGenerator<Buffer> {
    const container = this.#get(name);
    yield Buffer.from(container.output);
    await container.ended;
  }

  list(): Listed[] {
    return [...this.containers].map(([Id, { labels, status }]) => ({
      Id,
      Names: [`/${Id}`],
      Labels: labels,
      State: status,
    }));
  }

  #get(name: string): Fake {
    const container = this.containers.get(name);
    if (!container) throw new EngineRefusal(404, `No such container: ${name}`);
    return container;
  }
}

describe("a job", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "jobs-"));
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  let engine: FakeEngine;
  let store: JobStore;
  let count = 0;
  beforeEach(() => {
    engine = new FakeEngine();
    store = new JobStore(path.join(folder, String(count++)));
  });

  afterEach(async () => {
    const running = () => [...engine.containers].filter(([, { status }]) => status === "running");
    // Those that have just been begun, too.
    await sleep(20);
    for (const [name] of running()) engine.exit(name, 0);
    await until(() => engine.containers.size === 0);
  });

  const minutely = { pattern: "* * * * *", timeZone: "UTC" };
  const runner = (more: Partial<Job> = {}) => {
    const job: Job = {
      name: "j",
      template: "template",
      timeout: 60,
      retries: 0,
      overlap: "skip",
      catchUp: false,
      ...more,
    };
    return new JobRunner(job, { stack: "s", host: "h", api: engine, store });
  };
  const outcomes = ({ record }: JobRunner) => record.runs.map(({ outcome }) => outcome);
  const asked = (one: JobRunner, key?: string) => {
    const answer = one.ask(key === undefined ? "hand" : "up", key);
    if (!("active" in answer)) throw new Error(JSON.stringify(answer));
    return answer.active;
  };
  const until = async (look: () => boolean) => {
    for (let tries = 0; !look() && tries < 200; tries++) await sleep(5);
    expect(look()).toBe(true);
  };
  const isRunning = (name: string) => () => engine.containers.get(name)?.status === "running";

  test("that succeeds leaves its exit code and its output, and no container", async () => {
    engine.plan = [{ code: 0, output: "done\n" }];
    const one = runner();
    const run = await asked(one).done;
    expect(run).toMatchObject({ id: 1, cause: "hand", outcome: "succeeded", code: 0, attempts: 1 });
    expect(store.read("j").runs).toStrictEqual([run]);
    expect(one.output()).toBe("done\n");
    expect(engine.containers.size).toBe(0);
  });

  test("has labels by which nobody takes its run for anything else", async () => {
    const one = runner();
    asked(one);
    await until(isRunning("template--1-1"));
    expect(engine.containers.get("template--1-1")?.labels).toStrictEqual({
      "flotilla.stack": "s",
      "flotilla.host": "h",
      "flotilla.role": "run",
      "flotilla.job": "j",
      "flotilla.run": "1",
      "flotilla.attempt": "1",
    });
  });

  test.each([
    { retries: 0, plan: [{ code: 3 }], becomes: { outcome: "failed", code: 3, attempts: 1 } },
    { retries: 1, plan: [{ code: 3 }, { code: 4 }], becomes: { outcome: "failed", code: 4, attempts: 2 } },
    { retries: 5, plan: [{ code: 3 }, { code: 0 }], becomes: { outcome: "succeeded", code: 0, attempts: 2 } },
  ])("that fails with $retries retries is $becomes.outcome", async ({ retries, plan, becomes }) => {
    engine.plan = plan;
    expect(await asked(runner({ retries })).done).toMatchObject(becomes);
  });

  test("that takes too long is ended", async () => {
    expect(await asked(runner({ timeout: 0.05 })).done).toMatchObject({ outcome: "timed out", code: 143 });
    expect(engine.stopped).toStrictEqual(["template--1-1"]);
  });

  test("whose container somebody takes away is lost", async () => {
    const one = runner({ retries: 3 });
    const { done } = asked(one);
    await until(isRunning("template--1-1"));
    const container = engine.containers.get("template--1-1");
    await sleep(20);
    engine.containers.clear();
    container?.end(137);
    expect(await done).toMatchObject({ outcome: "lost" });
  });

  describe("when its time comes", () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));

    test("runs, and not twice for the same time", async () => {
      const one = runner({ schedule: minutely });
      one.tick(at(0));
      expect(one.record).toMatchObject({ runs: [], seen: at(0).toISOString() });
      one.tick(at(1));
      one.tick(at(1));
      expect(one.record.runs).toMatchObject([{ cause: "schedule", due: at(1).toISOString() }]);
    });

    test.each<[Job["overlap"], Run["outcome"][]]>([
      ["skip", ["under way", "skipped"]],
      ["allow", ["under way", "under way"]],
      ["replace", ["replaced", "under way"]],
    ])("while it is at work, with overlap %s: %j", async (overlap, expected) => {
      const one = runner({ schedule: minutely, overlap });
      one.tick(at(0));
      one.tick(at(1));
      await until(isRunning("template--1-1"));
      await sleep(20);
      one.tick(at(2));
      await until(() => JSON.stringify(outcomes(one)) === JSON.stringify(expected));
      await until(
        () =>
          [...engine.containers.values()].filter(({ status }) => status === "running").length ===
          (overlap === "allow" ? 2 : 1),
      );
    });

    test("again and again while it is at work, counts that in one place", () => {
      const one = runner({ schedule: minutely });
      for (const minute of [0, 1, 2, 3, 4]) one.tick(at(minute));
      expect(one.record.runs[1]).toMatchObject({ outcome: "skipped", times: 3, due: at(4).toISOString() });
    });

    test.each([
      { catchUp: false, expected: ["missed"] },
      { catchUp: true, expected: ["missed", "succeeded"] },
    ])("while nobody is there, catchUp: $catchUp", async ({ catchUp, expected }) => {
      engine.plan = [{ code: 0 }];
      const hourly = { pattern: "@hourly", timeZone: "UTC" };
      runner({ schedule: hourly }).tick(new Date("2026-03-01T10:30:00Z"));
      const one = runner({ schedule: hourly, catchUp });
      one.tick(new Date("2026-03-01T13:30:00Z"));
      await until(() => JSON.stringify(outcomes(one)) === JSON.stringify(expected));
      expect(one.record.runs[0]).toMatchObject({ times: 3, due: "2026-03-01T13:00:00.000Z" });
    });

    test("by another schedule than before, what that would have had is not missed", () => {
      runner({ schedule: minutely }).tick(at(0));
      const one = runner({ schedule: { ...minutely, timeZone: "Europe/Berlin" }, catchUp: true });
      one.tick(at(30));
      expect(one.record.runs).toStrictEqual([]);
    });
  });

  describe("that is asked for", () => {
    test("is refused by hand while it is at work, unless it may be", async () => {
      const one = runner();
      const { done } = asked(one);
      expect(one.ask("hand")).toStrictEqual({ refusal: "j is at work: run 1" });
      await until(isRunning("template--1-1"));
      engine.exit("template--1-1", 0);
      await done;
      const other = runner({ overlap: "allow" });
      asked(other);
      expect(asked(other).id).toBeGreaterThan(1);
    });

    test("for an update runs once for the same, also where that is under way", async () => {
      const one = runner();
      const first = asked(one, "v1");
      expect(asked(one, "v1")).toBe(first);
      await until(isRunning("template--1-1"));
      engine.exit("template--1-1", 0);
      await first.done;
      expect(one.ask("up", "v1")).toMatchObject({ ended: { id: 1, outcome: "succeeded" } });
      engine.plan = [{}, { code: 1 }, { code: 0 }];
      expect(await asked(one, "v2").done).toMatchObject({ id: 2, outcome: "failed" });
      expect(await asked(one, "v2").done).toMatchObject({ id: 3, outcome: "succeeded" });
      // What has run in between may have undone it.
      expect("active" in one.ask("up", "v1")).toBe(true);
    });

    test("for another update waits for the end of what is under way", async () => {
      engine.plan = [{}, { code: 0 }];
      const one = runner();
      asked(one, "v1");
      await until(isRunning("template--1-1"));
      const { done } = asked(one, "v2");
      await sleep(30);
      expect([...engine.containers.keys()]).toStrictEqual(["template--1-1"]);
      engine.exit("template--1-1", 0);
      expect(await done).toMatchObject({ id: 2, outcome: "succeeded" });
    });

    test("is heard from its beginning, by whomever", async () => {
      engine.plan = [{ output: "begun\n" }];
      const one = runner();
      const active = asked(one);
      await until(() => one.output() === "begun\n");
      const heard: string[] = [];
      active.listen((text) => heard.push(String(text)));
      engine.exit("template--1-1", 0);
      await active.done;
      expect(heard.join("")).toBe("begun\n");
    });
  });

  describe("that a runner before has begun", () => {
    const begun = async () => {
      const run = { id: 1, cause: "hand", due: "", outcome: "under way", attempts: 1 } as const;
      store.write("j", { runs: [run] });
      const Labels = { "flotilla.job": "j", "flotilla.run": "1", "flotilla.attempt": "1" };
      await engine.start(await engine.create("template--1-1", { Labels }));
    };

    test("is gone on with", async () => {
      await begun();
      const one = runner();
      expect(one.adopt(engine.list())).toHaveLength(1);
      expect(one.ask("hand")).toStrictEqual({ refusal: "j is at work: run 1" });
      engine.exit("template--1-1", 0);
      await until(() => outcomes(one)[0] === "succeeded");
      expect(engine.started).toBe(1);
    });

    test("and that has ended since is not begun again", async () => {
      await begun();
      const container = engine.containers.get("template--1-1");
      if (container) container.status = "exited";
      const one = runner();
      one.adopt(engine.list());
      container?.end(5);
      await until(() => outcomes(one)[0] === "failed");
      expect(one.record.runs[0]?.code).toBe(5);
      expect(engine.started).toBe(1);
    });

    test("but whose container is gone is lost", async () => {
      await begun();
      engine.containers.clear();
      const one = runner();
      one.adopt([]);
      await until(() => outcomes(one)[0] === "lost");
    });

    test("and that was only to be begun is begun", async () => {
      const run = { id: 4, cause: "schedule", due: "", outcome: "under way", attempts: 0 } as const;
      store.write("j", { runs: [run] });
      engine.plan = [{ code: 0 }];
      const one = runner();
      one.adopt([]);
      await until(() => outcomes(one)[0] === "succeeded");
    });

    test("and that had failed is tried again", async () => {
      const run = { id: 4, cause: "schedule", due: "", outcome: "under way", attempts: 1, code: 3 } as const;
      store.write("j", { runs: [run] });
      engine.plan = [{ code: 0 }];
      const one = runner({ retries: 1 });
      one.adopt([]);
      await until(() => outcomes(one)[0] === "succeeded");
      expect(one.record.runs[0]).toMatchObject({ attempts: 2, code: 0 });
    });
  });

  test("of which nothing legible is written down begins anew", () => {
    store.write("j", { runs: [] });
    for (const file of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }))
      if (file.endsWith("record.json")) fs.writeFileSync(path.join(folder, file), "{");
    expect(store.read("j")).toStrictEqual({ runs: [] });
  });

  test("that is no more leaves nothing", () => {
    store.writeOutput("j", 1, "x");
    store.keepOnly(["k"]);
    expect(store.output("j", 1)).toBeUndefined();
  });
});
