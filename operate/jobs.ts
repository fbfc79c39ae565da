/** `npm run jobs`: shows the jobs of a stack on all of its hosts, and what they printed; has one run. */
import { Command } from "commander";
import type { JobStatus } from "../commands/support/scheduler-socket.ts";
import { addressOf } from "../lib/docker-endpoint.ts";
import { lastBegun, missedInAll, type Run } from "../lib/jobs.ts";
import { attendantName, labels } from "../lib/names.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { show } from "../runtime/program.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { SetupError, say } from "../setup/say.ts";
import { type HostProvider, hostProviders } from "./host-providers.ts";
import { runProgram } from "./run-program.ts";
import { exportStack } from "./stack.ts";
import { ageOf, inWords, table } from "./terminal.ts";

/** Seconds that an engine, and a scheduler that has just been started, get to answer. */
const ANSWER = 40;

/** A job on a host. */
interface FoundJob {
  readonly host: HostProvider;
  readonly scheduler: string;
  readonly job: JobStatus;
}

const where = ["--host <key>", "on which host, where the job has several"] as const;
interface Where {
  readonly host?: string;
}
interface Which {
  readonly stack: string;
}

const program = new Command("npm run jobs --")
  .description("Shows the jobs of a stack: when each runs, and what has come of it.")
  .option("--stack <name>", "another stack than dev", devStack);

program
  .command("list", { isDefault: true })
  .description("show them all")
  .option("--check", "end with exit code 1 where the last run of any of them failed, or one was missed since")
  .action(async ({ check }: { check?: boolean }) => {
    const { stack } = program.opts<Which>();
    const { jobs, answered } = await jobsOf(stack);
    const rows = jobs.map(told);
    process.stdout.write(table([["job", "host", "when", "last run", "", "took", "next", "missed"], ...rows]));
    process.exitCode = answered && !(check && jobs.some(({ job }) => isAmiss(job))) ? 0 : 1;
  });

program
  .command("logs")
  .description("show what a run printed, so far where it is under way: its last 256 KiB")
  .argument("<job>")
  .option("--run <number>", "another one than the last; the last 20 are kept")
  .option(...where)
  .action(async (name: string, { run, ...options }: Where & { run?: string }) => {
    process.exitCode = await at(name, options, ["logs", name, ...(run === undefined ? [] : [run])]);
  });

program
  .command("run")
  .description("have it run now, show what it prints, and end with its exit code")
  .argument("<job>")
  .option(...where)
  .action(async (name: string, options: Where) => {
    process.exitCode = await at(name, options, ["run", name]);
  });

/** Calls commands/jobs.ts in the container of a job's scheduler, before the user's eyes. */
async function at(name: string, { host: key }: Where, args: readonly string[]): Promise<number> {
  const { stack } = program.opts<Which>();
  const { jobs } = await jobsOf(stack);
  const found = jobs.filter(({ job, host }) => job.name === name && host.key === (key ?? host.key));
  const [one, ...more] = found;
  if (one === undefined || more.length > 0) {
    const all = [...new Set(jobs.map(({ job }) => job.name))].join(", ") || "none";
    throw new SetupError(
      one === undefined
        ? `There is no job ${name}${key === undefined ? "" : ` on host ${key}`}. The stack ${stack} has ${all}.`
        : `${name} is on ${found.map(({ host }) => host.key).join(", ")}: say --host <key>.`,
    );
  }
  const { flags } = new DockerEngine(one.host.docker);
  const line = [...flags, "exec", one.scheduler, "node", "commands/jobs.ts", ...args];
  return show("docker", line, { stdio: "inherit" });
}

async function jobsOf(stack: string): Promise<{ jobs: FoundJob[]; answered: boolean }> {
  const { resources = [] } = await exportStack(stack);
  const hosts = hostProviders(resources);
  if (hosts.length === 0)
    throw new SetupError(`The stack ${stack} has no hosts in its state.`, "`pulumi up` brings it up.");
  const looks = await Promise.allSettled(hosts.map((host) => jobsOn(host, stack)));
  for (const [index, { key, docker }] of hosts.entries()) {
    const look = looks[index];
    if (look?.status !== "rejected") continue;
    const reason = (look.reason as Error).message.trim().split("\n").at(-1);
    say(`host ${key}`, `its engine at ${addressOf(docker)} tells nothing of jobs (${reason})`);
  }
  return {
    jobs: looks.flatMap((look) => (look.status === "fulfilled" ? look.value : [])),
    answered: looks.every(({ status }) => status === "fulfilled"),
  };
}

async function jobsOn(host: HostProvider, stack: string): Promise<FoundJob[]> {
  const engine = new DockerEngine(host.docker);
  const scheduler = attendantName(stack, "scheduler", host.key);
  return withDeadline(ANSWER, async () => {
    const all = await engine.containers(labels({ stack, role: "scheduler", host: host.key }), "all");
    if (!all.includes(scheduler)) return [];
    const jobs: JobStatus[] = JSON.parse(await engine.exec(scheduler, "node", "commands/jobs.ts", "list"));
    return jobs.map((job) => ({ host, scheduler, job }));
  });
}

/** Whether there is something to see to. */
function isAmiss({ runs }: JobStatus): boolean {
  const last = lastBegun({ runs });
  const isFailed = last !== undefined && !["under way", "succeeded", "replaced"].includes(last.outcome);
  return isFailed || runs.at(-1)?.outcome === "missed";
}

function told({ host, job }: FoundJob): string[] {
  const { name, schedule, next, runs } = job;
  const last = lastBegun({ runs });
  const zone = schedule && schedule.timeZone !== "UTC" ? ` (${schedule.timeZone})` : "";
  const missed = missedInAll({ runs });
  return [
    name,
    host.key,
    schedule ? `${schedule.pattern}${zone}` : "by `up`",
    last ? `${when(last.start ?? last.due)}, ${ageOf(last.start ?? last.due, new Date())} ago` : "never",
    last ? outcomeOf(last) : "",
    last ? duration(last) : "",
    next ? when(next) : "",
    missed > 0 ? String(missed) : "",
  ];
}

function outcomeOf({ outcome, code, attempts }: Run): string {
  const exit = outcome === "failed" && code !== undefined ? `failed (${code})` : outcome;
  return attempts > 1 ? `${exit}, attempt ${attempts}` : exit;
}

/** Seconds between two moments, or up to now. */
const between = (start: string, end?: string) =>
  ((end === undefined ? Date.now() : Date.parse(end)) - Date.parse(start)) / 1000;

const duration = ({ start, end }: Run) => (start === undefined ? "" : inWords(between(start, end)));
const when = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;

await runProgram(program);
