import type { Row, Spread } from "./statistics.ts";
import { rounded } from "./tables.ts";

/** What is to be reached in rows such as "10: up, s", which are measured at several sizes. */
export interface Bar {
  /** The row, without its size. */
  readonly what: string;
  readonly peer: string;
  /** The greatest ratio to the peer. */
  readonly most: number;
}

/** How many times as long a copy more may take at the greatest sizes, so that all still counts as linear. */
const BEND = 1.5;

/** For each bar a line that says at which sizes it is met, and whether what it is about grows in a line. */
export function verdicts(bars: readonly Bar[], rows: readonly Row[]): string[] {
  return bars.flatMap(({ what, peer, most }) => {
    const sizes = rows.flatMap(({ what: row, figures, ratios }) => {
      const [, size, rest] = /^(\d+): (.*)$/.exec(row) ?? [];
      return rest === what ? [{ size: Number(size), seconds: figures.flotilla, ratio: ratios[peer] }] : [];
    });
    const compared = sizes.flatMap(({ size, ratio }) => (ratio ? [{ size, ratio: ratio.median }] : []));
    if (compared.length === 0) return [];
    const each = compared.map(
      ({ size, ratio }) => `${size} ${ratio <= most ? "met" : "missed"} (${rounded(ratio)})`,
    );
    const said = [`at most ${most} × ${peer}: ${each.join(", ")}`, ...linear(sizes)];
    return [`- ${what.replace(/, s$/, "")}, ${said.join("; ")}`];
  });
}

/** Says of three sizes and more what one copy more takes in the first step between them and in the last one. */
function linear(sizes: readonly { readonly size: number; readonly seconds: Spread | undefined }[]): string[] {
  const points = sizes.flatMap(({ size, seconds }) => (seconds ? [{ size, seconds: seconds.median }] : []));
  points.sort((a, b) => a.size - b.size);
  const steps = points.slice(1).map(({ size, seconds }, index) => {
    const before = points[index] as (typeof points)[number];
    return { to: size, from: before.size, each: (seconds - before.seconds) / (size - before.size) };
  });
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last || first === last) return [];
  const verdict = last.each <= BEND * first.each ? "met" : "missed";
  const text = ({ from, to, each }: typeof first) => `${rounded(each)} s a copy from ${from} to ${to}`;
  return [`linear: ${verdict} (${text(first)}, ${text(last)})`];
}
