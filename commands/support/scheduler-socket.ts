import type { Run } from "../../lib/jobs.ts";

/** Where a scheduler answers, inside its container. */
export const SCHEDULER_SOCKET = "/run/flotilla-scheduler.sock";

/** What a scheduler tells of a job. */
export interface JobStatus {
  readonly name: string;
  /** Absent where it has none. */
  readonly schedule?: { readonly pattern: string; readonly timeZone: string };
  /** When its time comes next, in ISO format. */
  readonly next?: string;
  /** The latest last. */
  readonly runs: readonly Run[];
}

/** A line of what a scheduler says of a run that somebody waits for. */
export type RunNews =
  | { readonly output: string }
  /** It need not run again. */
  | { readonly before: Run }
  | { readonly refusal: string }
  | { readonly ended: Run };
