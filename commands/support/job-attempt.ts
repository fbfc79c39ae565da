import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome } from "../../lib/jobs.ts";
import { labels, runName } from "../../lib/names.ts";
import { cloneContainer, EngineRefusal, type Listed } from "../../runtime/engine-socket.ts";
import { say } from "../../runtime/say.ts";
import type { ActiveRun, Ending, Job, JobSurroundings } from "./job-run.ts";

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

/** Has one attempt after the other run as a container of its own, for no longer than it may. */
export class JobAttempt {
  readonly #job: Job;
  readonly #with: JobSurroundings;

  constructor(job: Job, surroundings: JobSurroundings) {
    this.#job = job;
    this.#with = surroundings;
  }

  /** One attempt, in a container that is there or in a new one, which is then taken away. */
  async run(active: ActiveRun, found: string | undefined): Promise<Outcome> {
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
      active.update({ attempts, start: active.run.start ?? now(), code: CANNOT });
      if (container !== undefined) await api.remove(container).catch(() => {});
      return "failed";
    }
    const { code: _, ...before } = active.run;
    active.run = before;
    active.update({ attempts, start: active.run.start ?? now() });
    try {
      return await this.#watch(active, container);
    } catch (error) {
      if (error instanceof EngineRefusal && error.status === 404) return "lost";
      active.print(`flotilla: ${(error as Error).message}\n`);
      active.update({ code: CANNOT });
      return "failed";
    }
  }

  /** Waits for an attempt's end, and ends it where it takes too long or is not wanted any more. */
  async #watch(active: ActiveRun, container: string): Promise<Outcome> {
    const { api } = this.#with;
    const { timeout } = this.#job;
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
      active.update({ code });
      return reason ?? (code === 0 ? "succeeded" : "failed");
    } finally {
      clearTimeout(time);
      over.abort();
      active.stop.signal.removeEventListener("abort", onStop);
      active.keepOutput();
      await api.remove(container).catch((error) => say(`${this.#job.name}: ${error.message}`));
    }
  }

  /** Hears what is printed; where the engine is away for a while, from the beginning again. */
  async #follow(active: ActiveRun, container: string, over: AbortSignal): Promise<void> {
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

  async #clone(active: ActiveRun, attempt: number): Promise<string> {
    const { api, stack, host } = this.#with;
    const { name, template } = this.#job;
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
}

/** Which attempt of its run a container is. */
export const attemptOf = ({ Labels }: Listed) => Number(Labels[ATTEMPT_LABEL] ?? 1);

const now = () => new Date().toISOString();
