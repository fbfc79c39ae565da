import type { JobGateArgs } from "../../commands/job-gate.ts";
import { type DockerAnswer, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: JobGateArgs = {
  docker: "tcp://a:1",
  scheduler: "test--scheduler--a",
  job: "migrate",
  host: "a",
  timeout: 60,
  retries: 1,
  what: { command: ["migrate"], secrets: { KEY: "hush" } },
};

/** A host whose scheduler answers as it is told. */
class Host implements FakeHosts {
  readonly asked: string[] = [];
  readonly inputs: string[] = [];
  readonly #answer: DockerAnswer;

  constructor(answer: DockerAnswer) {
    this.#answer = answer;
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    this.asked.push(`${endpoint} ${args.join(" ")}`);
    return this.#answer;
  }

  fed(_: string, input: string): void {
    this.inputs.push(input);
  }

  consul() {
    return { status: 500 };
  }
}

const gate = (host: Host, more: Partial<JobGateArgs> = {}) =>
  runCommand(host, "job-gate", { ...args, ...more });

test.concurrent("has the host's scheduler run it, and tells that it is done", async () => {
  const host = new Host({ out: "a\nb\nrun 3 succeeded, exit code 0\n" });
  const { code, said } = await gate(host);
  expect(code).toBe(0);
  expect(said).toMatch(/^job migrate: done on host a in \d+\.\d s/);
  expect(host.asked).toStrictEqual([
    "tcp://a:1 exec -i test--scheduler--a node commands/jobs.ts run migrate --for-up",
  ]);
});

test.concurrent("tells what is run apart by all that it is made of, and by nothing that gives a secret away", async () => {
  const keys = await Promise.all(
    [{}, {}, { what: { command: ["migrate"], secrets: { KEY: "hush!" } } }, { timeout: 5 }].map(
      async (more) => {
        const host = new Host({ out: "" });
        await gate(host, more);
        return host.inputs[0];
      },
    ),
  );
  const [first, again, other, longer] = keys;
  expect(first).toMatch(/^[0-9a-f]{64}\n$/);
  expect(again).toBe(first);
  expect(longer).toBe(first);
  expect(other).not.toBe(first);
});

test.concurrent("fails where it fails, with its last lines", async () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join("");
  const { code, said } = await gate(new Host({ code: 7, out: lines, err: "run 3 failed, exit code 7\n" }));
  expect(code).toBe(1);
  expect(said).toMatch(/^job migrate failed on host a after \d+\.\d s:\nline 11\n/);
  expect(said).toMatch(/line 29\nrun 3 failed, exit code 7\n$/);
});

test.concurrent("does nothing where it is not to run, but says why", async () => {
  const host = new Host({ code: 1 });
  expect(await gate(host, { idle: "since web is pinned" })).toStrictEqual({
    code: 0,
    said: "job migrate: not run, since web is pinned\n",
  });
  expect(host.asked).toStrictEqual([]);
});
