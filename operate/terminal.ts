import { createInterface } from "node:readline/promises";
import { SetupError } from "../setup/say.ts";

/** Asks whoever is at the terminal whether to do what was just told. */
export async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new SetupError("Nobody is there to be asked whether to do that: add --yes.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("Do that? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(width(column)))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

const spans = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

/** How long ago something was, or how soon it will be, in its largest whole unit: "3 h". */
export function ageOf(time: string | Date, now: Date): string {
  const seconds = Math.abs(now.getTime() - new Date(time).getTime()) / 1000;
  const [length, unit] = spans.find(([span]) => seconds >= span) ?? spans[3];
  return `${Math.floor(seconds / length)} ${unit}`;
}
