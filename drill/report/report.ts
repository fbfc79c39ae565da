import type { Result } from "../play.ts";
import type { Row } from "../walk.ts";

/** A whole drill, as it is written down. */
export interface Report {
  /** ISO time of its beginning. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly form: "full" | "short";
  readonly results: readonly Result[];
  /** Scenarios that could not be played here, and why. */
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** Kinds of failures that are told one by one; drill.json has them all. */
const SHOWN = 6;

const ms = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** How many requests failed, and how many of those the bar allows. */
export function failures({ failed, allowed }: Pick<Result, "failed" | "allowed">): string {
  const excused = Object.values(allowed).reduce((sum, count) => sum + count, 0);
  return excused > 0 ? `${failed} (${excused} allowed)` : `${failed}`;
}

/** One row for each scenario, for `console.table`. */
export function rows(results: readonly Result[]): Record<string, object> {
  return Object.fromEntries(
    results.map((result) => {
      const { name, shortfalls, requests, latency, recovery } = result;
      const phase = (key: "before" | "during" | "after") =>
        `${ms(latency[key].p50)} / ${ms(latency[key].p99)} / ${ms(latency[key].max)}`;
      const row = {
        bar: shortfalls.length === 0 ? "held" : "MISSED",
        requests,
        failed: failures(result),
        "before: p50 / p99 / max ms": phase("before"),
        during: phase("during"),
        after: phase("after"),
        "back, s": recovery === undefined ? "" : recovery.toFixed(1),
      };
      return [name, row];
    }),
  );
}

/** One step of a walk, as one line. */
export function rowText({ what, failed, seconds, allowed, shortfalls }: Row): string {
  const verdict = shortfalls.length > 0 ? "MISSED" : failed > 0 ? "allowed" : "held";
  const why = failed > 0 && allowed && shortfalls.length === 0 ? `: ${allowed}` : "";
  return `${verdict.padEnd(7)} ${`${failed}`.padStart(5)} failed ${seconds.toFixed(1).padStart(6)} s  ${what}${why}`;
}

/** What is to be told of one scenario when it is over, a line each. */
export function lines({
  requests,
  failed,
  allowed,
  reasons,
  shortfalls,
  sockets,
  notes,
  rows,
}: Result): string[] {
  return [
    `${shortfalls.length === 0 ? "held" : "MISSED"}: ${requests.toLocaleString("en")} requests, ${failed} failed`,
    ...Object.entries(allowed).map(([why, count]) => `  ${count} allowed: ${why}`),
    ...reasons
      .slice(0, SHOWN)
      .map(
        ({ reason, count, first, last }) =>
          `  ${count} × ${reason} (from ${first.toFixed(1)} s to ${last.toFixed(1)} s)`,
      ),
    ...(reasons.length > SHOWN ? [`  and ${reasons.length - SHOWN} more kinds`] : []),
    ...rows.map((row) => `  ${rowText(row)}`),
    ...shortfalls.map((shortfall) => `  short of the bar: ${shortfall}`),
    ...notes.map((note) => `  ${note}`),
    ...(sockets.breaks.length > 0
      ? [`  WebSockets, reported apart: ${sockets.breaks.length} breaks of ${sockets.held} held`]
      : []),
  ];
}
