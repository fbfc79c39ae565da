import { type Bar, verdicts } from "./bars.ts";
import type { Machine } from "./machine.ts";
import { type Figure, rowsOf } from "./statistics.ts";
import { table } from "./tables.ts";

/** What one benchmark found. */
export interface Result {
  readonly title: string;
  readonly method: string;
  readonly rounds: number;
  readonly notes: readonly string[];
  readonly bars: readonly Bar[];
  readonly figures: readonly Figure[];
}

/** What the page says before any figure. */
const PREFACE = `\
All contestants on one machine, in one run, in turns. Figures are the median of all rounds with the smallest and the
greatest in brackets; ratios are taken within each round, and of them again median and extremes. Below 1× flotilla has
the smaller figure, which is the better one except where a row says otherwise.`;

/** Results as a page in Markdown. */
export function page(machine: Machine, results: readonly Result[]): string {
  const facts = Object.entries(machine).map(([what, value]) => `- ${what}: ${value}`);
  const head = [
    "# Results",
    "Written by `npm run bench -- --markdown bench/RESULTS.md`.",
    PREFACE,
    facts.join("\n"),
  ];
  return `${[...head, ...results.map(section)].join("\n\n")}\n`;
}

export function section({ title, method, rounds, notes, bars, figures }: Result): string {
  const heading = `## ${title}`;
  const about = [`Rounds: ${rounds}`, ...notes].join("; ");
  const rows = rowsOf(figures);
  const reached = verdicts(bars, rows).join("\n");
  const parts = [heading, method, `${about}.`, rows.length > 0 && table(rows), reached];
  return parts.filter(Boolean).join("\n\n");
}
