import { setTimeout as sleep } from "node:timers/promises";
import {
  atOverlap,
  type Cause,
  dueOf,
  type JobRecord,
  lastBegun,
  nextId,
  pauseBefore,
  type Run,
  withRun,
} from "../../lib/jobs.ts";
import type { Listed } from "../../runtime/engine-socket.ts";
import { say } from "../../runtime/say.ts";
import { attemptOf, JobAttempt, RUN_LABEL } from "./job-attempt.ts";
import { type Active, ActiveRun, type Ending, type Job, type JobSurroundings } from "./job-run.ts";

/** What becomes of a run that is asked for. */
export type Answer = { readonly active: Active } | { readonly ended: Run } | { readonly refusal: string };

/**
 * Has one job run on its host: when its time comes, when somebody asks, again where it failed, and never longer than it may.
 * All of it is written down, and a run is a container, so that another runner can go on with it where this one is ended.
 */
export class JobRunner {
  readonly job: Job;
  readonly #with: JobSurroundings;
  readonly #attempt: JobAttempt;
  readonly #active = new Map<number, ActiveRun>();
  #record: JobRecord;

  constructor(job: Job, surroundings: JobSurroundings) {
    this.job = job;
    this.#with = surroundings;
    this.#attempt = new JobAttempt(job, surroundings);
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
      const active = this.#activeOf(run);
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
  #begin(cause: Cause, due: Date, others: readonly ActiveRun[], key?: string): ActiveRun {
    const id = nextId(this.#record);
    const run: Run = {
      id,
      cause,
      due: due.toISOString(),
      outcome: "under way",
      attempts: 0,
      ...(key !== undefined && { key }),
    };
    const active = this.#activeOf(run);
    this.#active.set(id, active);
    active.update({});
    void Promise.all(others.map(({ done }) => done)).then(() => this.#work(active, undefined));
    return active;
  }

  /** Attempts, one after the other, until one succeeds or there are to be no more. Never fails. */
  async #work(active: ActiveRun, found: Listed | undefined): Promise<void> {
    const { name, retries } = this.job;
    let container = found?.Id;
    if (found) active.update({ attempts: attemptOf(found) });
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
      const outcome = await this.#attempt.run(active, container);
      container = undefined;
      active.keepOutput();
      const isOver = outcome === "succeeded" || outcome === "replaced" || outcome === "lost";
      say(`${name}: run ${active.id}, attempt ${active.run.attempts}: ${outcome}`);
      if (isOver || active.run.attempts > retries) return this.#end(active, outcome);
    }
  }

  #end(active: ActiveRun, outcome: Run["outcome"]): void {
    active.keepOutput();
    this.#active.delete(active.id);
    active.update({ outcome, end: new Date().toISOString() });
    active.settle(active.run);
  }

  #activeOf(run: Run): ActiveRun {
    const { store } = this.#with;
    return new ActiveRun(run, {
      changed: (run) => this.#put(run),
      said: (text) => store.writeOutput(this.job.name, run.id, text),
    });
  }

  /** Writes down that there was no run. */
  #note(outcome: "missed" | "skipped", due: Date, times: number): void {
    const last = this.#record.runs.at(-1);
    const before = last?.outcome === outcome ? last : undefined;
    const id = before?.id ?? nextId(this.#record);
    const all = times + (before?.times ?? 0);
    this.#put({ id, cause: "schedule", due: due.toISOString(), outcome, attempts: 0, times: all });
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
