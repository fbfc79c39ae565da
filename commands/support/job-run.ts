import type { JobSettings } from "../../config/settings.ts";
import { type Outcome, type Run, Tail } from "../../lib/jobs.ts";
import type { Schedule } from "../../lib/schedule.ts";
import type { EngineSocket } from "../../runtime/engine-socket.ts";
import type { JobStore } from "./job-store.ts";

/** A job of a host, as its scheduler is told of it. */
export interface Job extends Pick<JobSettings, "name" | "timeout" | "retries" | "overlap" | "catchUp"> {
  /** Container that is never started: each attempt is one like it. */
  readonly template: string;
  /** Absent where only `up` and people have it run. */
  readonly schedule?: Schedule;
}

/** What a job's runs work with. */
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

/** Ends attempts before they do so themselves. */
export type Ending = Extract<Outcome, "replaced" | "timed out">;

/** Who keeps what becomes of a run. */
interface Keeper {
  changed(run: Run): void;
  /** It has printed this so far, as much of it as is kept. */
  said(text: string): void;
}

/** One run, and what is heard of it. */
export class ActiveRun implements Active {
  readonly id: number;
  readonly key?: string;
  readonly tail = new Tail();
  readonly stop = new AbortController();
  readonly done: Promise<Run>;
  run: Run;
  settle: (run: Run) => void = () => {};
  readonly #keeper: Keeper;
  readonly #listeners = new Set<(text: Buffer | string) => void>();

  constructor(run: Run, keeper: Keeper) {
    this.run = run;
    this.#keeper = keeper;
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

  update(change: Partial<Run>): void {
    this.run = { ...this.run, ...change };
    this.#keeper.changed(this.run);
  }

  keepOutput(): void {
    this.#keeper.said(this.tail.text());
  }

  print(text: Buffer | string): void {
    this.tail.add(Buffer.from(text));
    for (const call of this.#listeners) call(text);
  }
}
