import type { HostSettings, JobSettings, ServiceSettings } from "../config/settings.ts";
import { inDataCentre, namesOf } from "./data-centres.ts";
import { lastRun, nextRun, type Schedule } from "./schedule.ts";

/** Where a job has its place, of some hosts: what goes before a service on one host of each data centre, all else on one. */
export function jobHosts(
  { trigger, hosts }: Pick<JobSettings, "trigger" | "hosts">,
  among: readonly Pick<HostSettings, "key" | "datacenter">[],
): string[] {
  const keys = among.map(({ key }) => key);
  if (trigger.kind !== "before") return hosts.slice(0, 1).filter((key) => keys.includes(key));
  return namesOf(among).flatMap((centre) => {
    const there = inDataCentre(among, centre).map(({ key }) => key);
    return hosts.filter((key) => there.includes(key)).slice(0, 1);
  });
}

/** Images that a stack needs beside its own: those of services, and those of jobs that have one of their own. */
export function imageOwners({
  services,
  jobs,
  hosts,
}: {
  readonly services: readonly ServiceSettings[];
  readonly jobs: readonly JobSettings[];
  readonly hosts: readonly HostSettings[];
}) {
  return [
    ...services.map(({ name, source, hosts }) => ({ kind: "service" as const, name, source, hosts })),
    ...jobs.flatMap(({ name, source, ...job }) =>
      source.kind === "service" ? [] : [{ kind: "job" as const, name, source, hosts: jobHosts(job, hosts) }],
    ),
  ];
}

/** What a run came to; one that is under way is at work, or waits before it tries again. */
export type Outcome =
  | "under way"
  | "succeeded"
  | "failed"
  | "timed out"
  /** Its time came while nobody was there to start it. */
  | "missed"
  /** Its time came while another one was at work. */
  | "skipped"
  /** Ended, since its time came again. */
  | "replaced"
  /** Its container was taken away by somebody. */
  | "lost";

/** What a run was started by. */
export type Cause = "schedule" | "catch-up" | "up" | "hand";

/** A run, as it is written down. */
export interface Run {
  /** Of its job, counted from 1. */
  readonly id: number;
  readonly cause: Cause;
  /** When its time came, or it was asked for; this and all other times in ISO format. */
  readonly due: string;
  readonly outcome: Outcome;
  /** When its first attempt began. */
  readonly start?: string;
  readonly end?: string;
  /** Attempts that were begun. */
  readonly attempts: number;
  /** Exit code of the last attempt. */
  readonly code?: number;
  /** Of what was missed or skipped, how many times that was so since the run before. */
  readonly times?: number;
  /** What it runs, as `up` tells it apart. */
  readonly key?: string;
}

/** All that is written down of a job on a host. */
export interface JobRecord {
  /** Which times its runs have been looked at by. */
  readonly schedule?: Schedule;
  /** Up to when each of those was seen to. */
  readonly seen?: string;
  /** The latest last. */
  readonly runs: readonly Run[];
}

/** Runs that are kept of a job, with what they printed. */
export const RUNS_KEPT = 20;

/** Bytes that are kept of what a run printed: the last ones. */
export const OUTPUT_KEPT = 256 * 1024;

/** Milliseconds for which a run may be late without being missed: for so long a scheduler may be away that is replaced. */
const LATE = 60_000;

/** Times that are counted of what was missed. */
const COUNTED = 1000;

/** What is to be done for a schedule. */
export interface Due {
  /** The time for which there is to be a run now. */
  readonly run?: Date;
  /** The last time that was missed, and how many were. */
  readonly missed?: { readonly last: Date; readonly times: number };
}

/** What came up of a schedule since everything before a moment was seen to. */
export function dueOf(schedule: Schedule, seen: Date, now: Date): Due {
  let [last, times]: [Date | undefined, number] = [undefined, 0];
  let before: Date | undefined;
  for (let next = nextRun(schedule, seen); next && next <= now; next = nextRun(schedule, next)) {
    [before, last] = [last, next];
    times++;
    if (times < COUNTED) continue;
    // Months of minutes: only the last one is of interest any more.
    last = lastRun(schedule, now);
    break;
  }
  if (last === undefined) return {};
  if (now.getTime() - last.getTime() > LATE) return { missed: { last, times } };
  return { run: last, ...(before && { missed: { last: before, times: times - 1 } }) };
}

/** What is to be done where a run is to start while others of its job are under way. */
export function atOverlap(
  overlap: JobSettings["overlap"],
  underWay: number,
): "start" | "skip" | "end the others" {
  if (underWay === 0 || overlap === "allow") return "start";
  return overlap === "skip" ? "skip" : "end the others";
}

/** Milliseconds before the attempt after so many that have failed: 5 s, then twice as long each time, at most 5 min. */
export const pauseBefore = (failed: number) => Math.min(5000 * 2 ** (failed - 1), 300_000);

/** A record with a run beside those that there are, or in the place of the one with its number; the oldest go. */
export function withRun(record: JobRecord, run: Run): { record: JobRecord; gone: readonly Run[] } {
  const others = record.runs.filter(({ id }) => id !== run.id);
  const runs = [...others, run].sort((a, b) => a.id - b.id);
  // One that is under way is none that could go.
  const ended = runs.filter(({ outcome }) => outcome !== "under way");
  const gone = ended.slice(0, Math.max(0, runs.length - RUNS_KEPT));
  return { record: { ...record, runs: runs.filter((one) => !gone.includes(one)) }, gone };
}

/** Number of the next run. */
export const nextId = ({ runs }: JobRecord) => Math.max(0, ...runs.map(({ id }) => id)) + 1;

/** The last run that was begun: what is missed and skipped is none. */
export const lastBegun = ({ runs }: Pick<JobRecord, "runs">) =>
  runs.findLast(({ outcome }) => outcome !== "missed" && outcome !== "skipped");

/** Times of a job that were missed, as far as that is still written down. */
export const missedInAll = ({ runs }: Pick<JobRecord, "runs">) =>
  runs.reduce((sum, { outcome, times = 1 }) => sum + (outcome === "missed" ? times : 0), 0);

/** The last bytes of what is printed. */
export class Tail {
  readonly #most: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #cut = 0;

  constructor(most = OUTPUT_KEPT) {
    this.#most = most;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Not at each chunk.
    if (this.#length > 2 * this.#most) this.#shorten();
  }

  /** With a line at its head that says what is missing there, if anything is. */
  text(): string {
    this.#shorten();
    const text = Buffer.concat(this.#chunks).toString();
    return this.#cut === 0 ? text : `… (${this.#cut} bytes before)\n${text}`;
  }

  #shorten(): void {
    const over = this.#length - this.#most;
    if (over <= 0) return;
    this.#chunks = [Buffer.from(Buffer.concat(this.#chunks).subarray(over))];
    this.#length = this.#most;
    this.#cut += over;
  }
}
