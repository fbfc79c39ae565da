import type { JobStatus } from "../../commands/support/scheduler-socket.ts";
import type { Run } from "../../lib/jobs.ts";
import type { StateResource } from "../../setup/state.ts";
import { type DockerAnswer, type FakeHosts, runProgram } from "../support/fake-docker.ts";
import { stackExport } from "../support/stack-export.ts";

const provider = (key: string): StateResource => {
  const type = "pulumi:providers:docker";
  return { urn: `urn:pulumi:dev::flotilla::${type}::${key}`, type, inputs: { host: `tcp://${key}:1` } };
};

const run = (id: number, more: Partial<Run> = {}): Run => ({
  id,
  cause: "schedule",
  due: "2026-01-02T03:00:00.000Z",
  outcome: "succeeded",
  start: "2026-01-02T03:00:01.000Z",
  end: "2026-01-02T03:00:31.000Z",
  attempts: 1,
  code: 0,
  ...more,
});
const daily = { schedule: { pattern: "@daily", timeZone: "UTC" }, next: "2026-01-03T00:00:00.000Z" };

/** Two hosts, each with a scheduler and its jobs. */
class Hosts implements FakeHosts {
  readonly asked: string[] = [];
  silent = "";
  jobs: Record<string, JobStatus[]> = {
    "tcp://a:1": [
      { name: "report", ...daily, runs: [run(1, { outcome: "failed", code: 3, attempts: 2 })] },
      { name: "migrate", runs: [run(1)] },
    ],
    "tcp://b:1": [
      { name: "migrate", runs: [] },
      {
        name: "tidy",
        schedule: { pattern: "0 3 * * *", timeZone: "Europe/Berlin" },
        runs: [run(1), run(2, { outcome: "missed", times: 4 })],
      },
    ],
  };

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    if (endpoint === this.silent) return { code: 1, err: "no route to host\n" };
    const key = endpoint.slice("tcp://".length, -2);
    if (args[0] === "ps") return { out: `dev--scheduler--${key}\n` };
    const [, scheduler, , , what, ...rest] = args;
    if (what === "list") return { out: JSON.stringify(this.jobs[endpoint]) };
    this.asked.push([scheduler, what, ...rest].join(" "));
    return { code: what === "run" ? 3 : 0, out: "printed\n" };
  }

  consul() {
    return { status: 500 };
  }

  pulumi(): DockerAnswer {
    return { out: stackExport({}, [provider("a"), provider("b")]) };
  }
}

const jobs = (hosts: FakeHosts, ...args: string[]) => runProgram(hosts, "operate/jobs.ts", args);

test.concurrent("every job: when, what came of it, when next, and what was missed", async () => {
  const { code, printed } = await jobs(new Hosts());
  expect(code).toBe(0);
  const lines = printed.replaceAll(/\d+ d ago/g, "N d ago").split("\n");
  expect(lines.map((line) => line.replaceAll(/ {2,}/g, " | "))).toStrictEqual([
    "job | host | when | last run | took | next | missed",
    "report | a | @daily | 2026-01-02 03:00 UTC, N d ago | failed (3), attempt 2 | 30 s | 2026-01-03 00:00 UTC",
    "migrate | a | by `up` | 2026-01-02 03:00 UTC, N d ago | succeeded | 30 s",
    "migrate | b | by `up` | never",
    "tidy | b | 0 3 * * * (Europe/Berlin) | 2026-01-02 03:00 UTC, N d ago | succeeded | 30 s | 4",
    "",
  ]);
});

test.concurrent.each([
  [{}, 1],
  [{ "tcp://a:1": [{ name: "m", runs: [run(1)] }], "tcp://b:1": [] }, 0],
  [{ "tcp://a:1": [{ name: "m", runs: [run(1, { outcome: "under way" })] }], "tcp://b:1": [] }, 0],
  [{ "tcp://a:1": [{ name: "m", runs: [run(1, { outcome: "timed out" }), run(2)] }], "tcp://b:1": [] }, 0],
  [{ "tcp://a:1": [{ name: "m", runs: [run(1), run(2, { outcome: "missed" })] }], "tcp://b:1": [] }, 1],
] as [Record<string, JobStatus[]>, number][])("--check of %j ends with %i", async (some, expected) => {
  const hosts = new Hosts();
  Object.assign(hosts.jobs, some);
  expect((await jobs(hosts, "list", "--check")).code).toBe(expected);
});

test.concurrent("logs, of a run that is named or the last one", async () => {
  const hosts = new Hosts();
  expect(await jobs(hosts, "logs", "report", "--run", "7")).toMatchObject({ code: 0, printed: "printed\n" });
  await jobs(hosts, "--stack", "dev", "logs", "report");
  expect(hosts.asked).toStrictEqual(["dev--scheduler--a logs report 7", "dev--scheduler--a logs report"]);
});

test.concurrent("run, with its exit code, on the host that is named where there are several", async () => {
  const hosts = new Hosts();
  expect(await jobs(hosts, "run", "migrate")).toMatchObject({
    code: 1,
    said: expect.stringContaining("jobs stopped: migrate is on a, b: say --host <key>."),
  });
  expect((await jobs(hosts, "run", "migrate", "--host", "b")).code).toBe(3);
  expect(hosts.asked).toStrictEqual(["dev--scheduler--b run migrate"]);
});

test.concurrent("one that there is not", async () => {
  const { code, said } = await jobs(new Hosts(), "run", "none");
  expect(code).toBe(1);
  expect(said).toContain("There is no job none. The stack dev has report, migrate, tidy.");
});

test.concurrent("a host that does not answer is told of, and the others shown", async () => {
  const hosts = new Hosts();
  hosts.silent = "tcp://a:1";
  const { code, said, printed } = await jobs(hosts);
  expect(code).toBe(1);
  expect(said).toBe("host a: its engine at tcp://a:1 tells nothing of jobs (no route to host)\n");
  expect(printed.split("\n")).toHaveLength(4);
});
