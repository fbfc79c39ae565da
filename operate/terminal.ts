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

/** A span of time in words that say as much as one wants to know of it: "90 s", "100 min", "3 h", "2 d". */
export function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** How long ago something was, or how soon it will be, in such words. */
export const ageOf = (time: string | Date, now: Date) =>
  inWords(Math.abs(now.getTime() - new Date(time).getTime()) / 1000);
