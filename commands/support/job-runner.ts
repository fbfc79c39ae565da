import { setTimeout as sleep } from "node:timers/promises";
import type { JobSettings } from "../../config/settings.ts";
import {
  atOverlap,
  type Cause,
  dueOf,
  type JobRecord,
  lastBegun,
  nextId,
  type Outcome,
  pauseBefore,
  type Run,
  Tail,
  withRun,
} from "../../lib/jobs.ts";
import { labels, runName } from "../../lib/names.ts";
import type { Schedule } from "../../lib/schedule.ts";
import {
  cloneContainer,
  EngineRefusal,
  type EngineSocket,
  type Listed,
} from "../../runtime/engine-socket.ts";
import { say } from "../../runtime/say.ts";
import type { JobStore } from "./job-store.ts";

/** A job of a host, as its scheduler is told of it. */
export interface Job extends Pick<JobSettings, "name" | "timeout" | "retries" | "overlap" | "catchUp"> {
  /** Container that is never started: each attempt is one like it. */
  readonly template: string;
  /** Absent where only `up` and people have it run. */
  readonly schedule?: Schedule;
}

/** What a {@link JobRunner} works with. */
export interface JobSurroundings {
  readonly stack: string;
  readonly host: string;
  readonly api: Pick<EngineSocket, "inspect" | "create" | "start" | "stop" | "wait" | "remove" | "logs">;
  readonly store: JobStore;
}

/** A run that is under way. */
export interface Active {
  /** Number of the run. */
  readonly id: number;
  /** What it runs, as `up` tells it apart. */
  readonly key?: string;
  /** The run when it has ended. */
  readonly done: Promise<Run>;
  /** Calls with what it has printed so far and then with what it prints. */
  listen(call: (text: Buffer | string) => void): void;
}

/** What becomes of a run that is asked for. */
export type Answer = { readonly active: Active } | { readonly ended: Run } | { readonly refusal: string };

/** Labels by which an attempt's container tells what it is of. */
export const RUN_LABEL = "flotilla.run";
export const JOB_LABEL = "flotilla.job";
const ATTEMPT_LABEL = "flotilla.attempt";

/** Seconds between SIGTERM and SIGKILL. */
const GRACE = 10;

/** Exit code of what could not be run at all, as shells have it. */
const CANNOT = 127;

/** Milliseconds between two looks at an engine that does not answer, or at a template that is just being replaced. */
const AGAIN = 1000;

/** Looks at a template that is not there: `up` makes a new one only when the old one is gone. */
const LOOKS = 15;

/** Milliseconds that an engine gets for the last of what a container printed, when that has ended. */
const LAST_WORDS = 5000;

/** Ends attempts before they do so themselves. */
type Ending = Extract<Outcome, "replaced" | "timed out">;

/** One run, and what is heard of it. */
class Attempts implements Active {
  readonly id: number;
  readonly key?: string;
  readonly tail = new Tail();
  readonly stop = new AbortController();
  readonly done: Promise<Run>;
  run: Run;
  settle: (run: Run) => void = () => {};
  readonly #listeners = new Set<(text: Buffer | string) => void>();

  constructor(run: Run) {
    this.run = run;
    this.id = run.id;
    if (run.key !== undefined) this.key = run.key;
    this.done = new Promise((settle) => {
      this.settle = settle;
    });
  }

  listen(call: (text: Buffer | string) => void): void {
    call(this.tail.text());
    this.#listeners.add(call);
  }

  print(text: Buffer | string): void {
    this.tail.add(Buffer.from(text));
    for (const call of this.#listeners) call(text);
  }
}

/**
 * Has one job run on its host: when its time comes, when somebody asks, again where it failed, and never longer than it may.
 * All of it is written down, and a run is a container, so that another runner can go on with it where this one is ended.
 */
export class JobRunner {
  readonly job: Job;
  readonly #with: JobSurroundings;
  readonly #active = new Map<number, Attempts>();
  #record: JobRecord;

  constructor(job: Job, surroundings: JobSurroundings) {
    this.job = job;
    this.#with = surroundings;
    this.#record = surroundings.store.read(job.name);
  }

  get record(): JobRecord {
    return this.#record;
  }

  /** Goes on with what an earlier runner has begun; `containers` are the attempts that there are. Returns those it wants. */
  adopt(containers: readonly Listed[]): Listed[] {
    const underWay = this.#record.runs.filter(({ outcome }) => outcome === "under way");
    return underWay.flatMap((run) => {
      const all = containers.filter(({ Labels }) => Labels[RUN_LABEL] === String(run.id));
      const [last, ...older] = all.toSorted((a, b) => attemptOf(b) - attemptOf(a));
      for (const { Id } of older) void this.#with.api.remove(Id).catch(() => {});
      const active = new Attempts(run);
      this.#active.set(run.id, active);
      if (last) say(`${this.job.name}: goes on with run ${run.id}`);
      void this.#work(active, last);
      return last ? [last] : [];
    });
  }

  /** Does what its schedule says is due by now. */
  tick(now = new Date()): void {
    const { schedule, catchUp, name } = this.job;
    if (schedule === undefined) return;
    const { schedule: former, seen } = this.#record;
    const isSame = former?.pattern === schedule.pattern && former.timeZone === schedule.timeZone;
    // What another schedule would have had is nobody's.
    const since = isSame && seen !== undefined ? new Date(seen) : now;
    this.#write({ ...this.#record, schedule, seen: now.toISOString() });
    const { run, missed } = dueOf(schedule, since, now);
    if (missed) {
      this.#note("missed", missed.last, missed.times);
      say(`${name}: missed ${missed.times}, the last one of ${missed.last.toISOString()}`);
    }
    if (run) this.#atItsTime("schedule", run);
    else if (missed && catchUp) this.#atItsTime("catch-up", missed.last);
  }

  /**
   * Has it run for `up` or for somebody. For `up`, one that runs the same (`key`) and is under way, or has just been done,
   * is taken for it; others that are under way end first, by themselves.
   */
  ask(cause: Extract<Cause, "up" | "hand">, key?: string): Answer {
    const others = [...this.#active.values()];
    if (cause === "up" && key !== undefined) {
      const same = others.find((one) => one.key === key);
      if (same) return { active: same };
      const last = lastBegun(this.#record);
      if (last?.key === key && last.outcome === "succeeded") return { ended: last };
    }
    const [first] = others;
    if (cause === "hand" && first && this.job.overlap !== "allow")
      return { refusal: `${this.job.name} is at work: run ${first.id}` };
    return { active: this.#begin(cause, new Date(), cause === "up" ? others : [], key) };
  }

  /** What a run printed, so far where it is under way; of the last one that was begun where none is named. */
  output(run = lastBegun(this.#record)?.id): string | undefined {
    if (run === undefined) return undefined;
    return this.#active.get(run)?.tail.text() ?? this.#with.store.output(this.job.name, run);
  }

  #atItsTime(cause: Cause, due: Date): void {
    const others = [...this.#active.values()];
    const what = atOverlap(this.job.overlap, others.length);
    if (what === "skip") {
      this.#note("skipped", due, 1);
      say(`${this.job.name}: skipped, since run ${others[0]?.id} is at work`);
      return;
    }
    const replaced = what === "end the others" ? others : [];
    for (const one of replaced) one.stop.abort("replaced" satisfies Ending);
    this.#begin(cause, due, replaced);
  }

  /** Begins a run, which waits for others to end. */
  #begin(cause: Cause, due: Date, others: readonly Attempts[], key?: string): Attempts {
    const id = nextId(this.#record);
    const run: Run = {
      id,
      cause,
      due: due.toISOString(),
      outcome: "under way",
      attempts: 0,
      ...(key !== undefined && { key }),
    };
    const active = new Attempts(run);
    this.#active.set(id, active);
    this.#update(active, {});
    void Promise.all(others.map(({ done }) => done)).then(() => this.#work(active, undefined));
    return active;
  }

  /** Attempts, one after the other, until one succeeds or there are to be no more. Never fails. */
  async #work(active: Attempts, found: Listed | undefined): Promise<void> {
    const { name, retries } = this.job;
    let container = found?.Id;
    if (found) this.#update(active, { attempts: attemptOf(found) });
    // Its container was there, and is not any more.
    else if (active.run.attempts > 0 && active.run.code === undefined) return this.#end(active, "lost");
    for (;;) {
      const { attempts, code } = active.run;
      if (container === undefined && attempts > 0) {
        if (attempts > retries) return this.#end(active, "failed");
        const pause = pauseBefore(attempts);
        const next = `the next one in ${pause / 1000} s`;
        active.print(
          `flotilla: attempt ${attempts} failed${code === undefined ? "" : ` (${code})`}; ${next}\n`,
        );
        await sleep(pause, undefined, { signal: active.stop.signal }).catch(() => {});
      }
      if (active.stop.signal.aborted) return this.#end(active, active.stop.signal.reason);
      const outcome = await this.#attempt(active, container);
      container = undefined;
      this.#keepOutput(active);
      const isOver = outcome === "succeeded" || outcome === "replaced" || outcome === "lost";
      say(`${name}: run ${active.id}, attempt ${active.run.attempts}: ${outcome}`);
      if (isOver || active.run.attempts > retries) return this.#end(active, outcome);
    }
  }

  /** One attempt, in a container that is there or in a new one, which is then taken away. */
  async #attempt(active: Attempts, found: string | undefined): Promise<Outcome> {
    const { api } = this.#with;
    const attempts = found === undefined ? active.run.attempts + 1 : active.run.attempts;
    let container = found;
    try {
      container ??= await this.#clone(active, attempts);
      const { State } = await api.inspect(container);
      // One that an earlier runner has left may have run already.
      if (State.Status === "created") await api.start(container);
    } catch (error) {
      active.print(`flotilla: it can't be started: ${(error as Error).message}\n`);
      this.#update(active, { attempts, start: active.run.start ?? now(), code: CANNOT });
      if (container !== undefined) await api.remove(container).catch(() => {});
      return "failed";
    }
    const { code: _, ...before } = active.run;
    active.run = before;
    this.#update(active, { attempts, start: active.run.start ?? now() });
    try {
      return await this.#watch(active, container);
    } catch (error) {
      if (error instanceof EngineRefusal && error.status === 404) return "lost";
      active.print(`flotilla: ${(error as Error).message}\n`);
      this.#update(active, { code: CANNOT });
      return "failed";
    }
  }

  /** Waits for an attempt's end, and ends it where it takes too long or is not wanted any more. */
  async #watch(active: Attempts, container: string): Promise<Outcome> {
    const { api } = this.#with;
    const { timeout } = this.job;
    const { State } = await this.#untilAnswered(() => api.inspect(container));
    const left = Date.parse(State.StartedAt) + timeout * 1000 - Date.now();
    const over = new AbortController();
    const listening = this.#follow(active, container, over.signal);
    let reason: Ending | undefined;
    const end = (why: Ending) => {
      reason ??= why;
      void this.#untilAnswered(() => api.stop(container, GRACE)).catch(() => {});
    };
    // One that has ended while nobody looked has not taken too long.
    const isAtWork = State.Status === "running";
    const time = isAtWork ? setTimeout(() => end("timed out"), Math.max(0, left)) : undefined;
    const onStop = () => end(active.stop.signal.reason);
    if (active.stop.signal.aborted) onStop();
    else active.stop.signal.addEventListener("abort", onStop, { once: true });
    try {
      const code = await this.#untilAnswered(() => api.wait(container));
      await Promise.race([listening, sleep(LAST_WORDS, undefined, { ref: false })]);
      const { State } = await this.#untilAnswered(() => api.inspect(container));
      if (State.OOMKilled) active.print("flotilla: it was ended, since it took more memory than it may\n");
      if (State.Error) active.print(`flotilla: ${State.Error}\n`);
      if (reason === "timed out") active.print(`flotilla: it was ended after ${timeout} s\n`);
      this.#update(active, { code });
      return reason ?? (code === 0 ? "succeeded" : "failed");
    } finally {
      clearTimeout(time);
      over.abort();
      active.stop.signal.removeEventListener("abort", onStop);
      this.#keepOutput(active);
      await api.remove(container).catch((error) => say(`${this.job.name}: ${error.message}`));
    }
  }

  /** Hears what is printed; where the engine is away for a while, from the beginning again. */
  async #follow(active: Attempts, container: string, over: AbortSignal): Promise<void> {
    let heard = 0;
    while (!over.aborted) {
      let at = 0;
      try {
        for await (const chunk of this.#with.api.logs(container, { follow: true })) {
          const known = Math.max(0, Math.min(chunk.length, heard - at));
          at += chunk.length;
          if (known < chunk.length) active.print(chunk.subarray(known));
          heard = Math.max(heard, at);
        }
        return;
      } catch (error) {
        if (error instanceof EngineRefusal) return;
        await sleep(AGAIN);
      }
    }
  }

  async #clone(active: Attempts, attempt: number): Promise<string> {
    const { api, stack, host } = this.#with;
    const { name, template } = this.job;
    const details = {
      [JOB_LABEL]: name,
      [RUN_LABEL]: String(active.id),
      [ATTEMPT_LABEL]: String(attempt),
    };
    const args = {
      name: runName(template, active.id, attempt),
      labels: labels({ stack, role: "run", host, details }),
    };
    for (let look = 1; ; look++) {
      try {
        return await cloneContainer(api, template, args);
      } catch (error) {
        if (!(error instanceof EngineRefusal && error.status === 404) || look === LOOKS) throw error;
        await sleep(AGAIN);
      }
    }
  }

  /** Asks the engine until it answers, with whatever: it may be away for a while. */
  async #untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof EngineRefusal) throw error;
        await sleep(AGAIN);
      }
    }
  }

  #end(active: Attempts, outcome: Outcome): void {
    this.#keepOutput(active);
    this.#active.delete(active.id);
    this.#update(active, { outcome, end: now() });
    active.settle(active.run);
  }

  #keepOutput(active: Attempts): void {
    this.#with.store.writeOutput(this.job.name, active.id, active.tail.text());
  }

  /** Writes down that there was no run. */
  #note(outcome: "missed" | "skipped", due: Date, times: number): void {
    const last = this.#record.runs.at(-1);
    const before = last?.outcome === outcome ? last : undefined;
    const id = before?.id ?? nextId(this.#record);
    const all = times + (before?.times ?? 0);
    this.#put({ id, cause: "schedule", due: due.toISOString(), outcome, attempts: 0, times: all });
  }

  #update(active: Attempts, change: Partial<Run>): void {
    active.run = { ...active.run, ...change };
    this.#put(active.run);
  }

  #put(run: Run): void {
    const { record, gone } = withRun(this.#record, run);
    this.#write(record);
    for (const { id } of gone) this.#with.store.removeOutput(this.job.name, id);
  }

  #write(record: JobRecord): void {
    this.#record = record;
    this.#with.store.write(this.job.name, record);
  }
}

const attemptOf = ({ Labels }: Listed) => Number(Labels[ATTEMPT_LABEL] ?? 1);

const now = () => new Date().toISOString();
