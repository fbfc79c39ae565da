/**
 * Has jobs run on a host: when their time comes (by croner), and when they are asked for at a socket in its container
 * (commands/jobs.ts). Runs for good, in a container on each host that has jobs, with the engine's socket, a volume for what is
 * written down, and no network. When it is told to end it does so at once; what it has begun goes on, and the next one takes
 * that up. Is called with the path of a file that has its arguments.
 */

import { readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { labels } from "../lib/names.ts";
import { nextRun, onSchedule } from "../lib/schedule.ts";
import { say } from "../runtime/command.ts";
import { EngineSocket, type Listed } from "../runtime/engine-socket.ts";
import { JOB_LABEL } from "./support/job-attempt.ts";
import type { Job } from "./support/job-run.ts";
import { JobRunner } from "./support/job-runner.ts";
import { JobStore } from "./support/job-store.ts";
import { type JobStatus, type RunNews, SCHEDULER_SOCKET } from "./support/scheduler-socket.ts";

/** What a scheduler is told. */
export interface SchedulerArgs {
  readonly stack: string;
  /** Key of the host. */
  readonly host: string;
  /** Where what is to outlive it is written down. */
  readonly folder: string;
  readonly jobs: readonly Job[];
}

/** Milliseconds after which an engine that does not answer is asked again. */
const AGAIN = 1000;

class Scheduler {
  readonly #args: SchedulerArgs;
  readonly #api = new EngineSocket();
  readonly #runners: ReadonlyMap<string, JobRunner>;

  constructor(args: SchedulerArgs) {
    this.#args = args;
    const store = new JobStore(args.folder);
    store.keepOnly(args.jobs.map(({ name }) => name));
    const surroundings = { ...args, api: this.#api, store };
    this.#runners = new Map(args.jobs.map((job) => [job.name, new JobRunner(job, surroundings)]));
  }

  async start(): Promise<void> {
    await this.#takeUp(await this.#containers());
    for (const runner of this.#runners.values()) {
      runner.tick();
      const { schedule } = runner.job;
      if (schedule) onSchedule(schedule, () => runner.tick());
    }
    rmSync(SCHEDULER_SOCKET, { force: true });
    http.createServer((request, response) => this.#answer(request, response)).listen(SCHEDULER_SOCKET);
    say(`jobs: ${[...this.#runners.keys()].join(", ")}`);
  }

  /** All attempts that there are. */
  async #containers(): Promise<Listed[]> {
    const { stack, host } = this.#args;
    for (let fault = ""; ; await sleep(AGAIN)) {
      try {
        return await this.#api.list(labels({ stack, role: "run", host }));
      } catch (error) {
        const { message } = error as Error;
        if (message !== fault) say(`the engine does not answer: ${message}`);
        fault = message;
      }
    }
  }

  /** Goes on with what is wanted; what nobody wants any more, as runs of jobs that are no more, ends. */
  async #takeUp(containers: readonly Listed[]): Promise<void> {
    const wanted = [...this.#runners.values()].flatMap((runner) =>
      runner.adopt(containers.filter(({ Labels }) => Labels[JOB_LABEL] === runner.job.name)),
    );
    for (const one of containers.filter((one) => !wanted.includes(one))) {
      say(`${one.Names[0]?.slice(1)} is taken away: nobody wants it any more`);
      await this.#api.remove(one.Id).catch((error) => say(error.message));
    }
  }

  #answer({ method, url = "" }: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(url, "http://scheduler");
    const [, what, name = "", detail] = pathname.split("/");
    if (what === "jobs" && name === "") {
      response.end(JSON.stringify([...this.#runners.values()].map(statusOf)));
      return;
    }
    const runner = this.#runners.get(name);
    if (runner === undefined) {
      const known = [...this.#runners.keys()].join(", ");
      response.writeHead(404).end(`there is no job ${name} here (there are ${known})`);
    } else if (detail === "logs") {
      const run = searchParams.get("run");
      const text = runner.output(run === null ? undefined : Number(run));
      if (text === undefined)
        response.writeHead(404).end(`nothing is kept of ${run ? `run ${run}` : "any run"}`);
      else response.end(text);
    } else if (detail === "run" && method === "POST") {
      this.#run(runner, searchParams.get("key") ?? undefined, response);
    } else response.writeHead(404).end();
  }

  /** Tells of a run until it has ended; it goes on where nobody listens any more. */
  #run(runner: JobRunner, key: string | undefined, response: http.ServerResponse): void {
    const tell = (news: RunNews) => void response.write(`${JSON.stringify(news)}\n`);
    const end = (news: RunNews) => {
      tell(news);
      response.end();
    };
    const answer = runner.ask(key === undefined ? "hand" : "up", key);
    if ("refusal" in answer) end(answer);
    else if ("ended" in answer) end({ before: answer.ended });
    if (!("active" in answer)) return;
    const decoder = new TextDecoder();
    answer.active.listen((text) =>
      tell({ output: typeof text === "string" ? text : decoder.decode(text, { stream: true }) }),
    );
    void answer.active.done.then((ended) => end({ ended }));
  }
}

function statusOf({ job: { name, schedule }, record: { runs } }: JobRunner): JobStatus {
  const next = schedule && nextRun(schedule, new Date());
  return { name, runs, ...(schedule && { schedule }), ...(next && { next: next.toISOString() }) };
}

// The first process of a container has to end itself.
process.once("SIGTERM", () => process.exit(0));
const [, , file = ""] = process.argv;
await new Scheduler(JSON.parse(readFileSync(file, "utf8"))).start();
