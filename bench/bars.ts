import type { Row } from "./statistics.ts";
import { rounded } from "./tables.ts";

/** What is to be reached in rows such as "10: up, s", which are measured at several sizes. */
export interface Bar {
  /** The row, without its size. */
  readonly what: string;
  /** What the sizes count. */
  readonly each: "copy" | "host";
  /** The greatest ratio to a peer, where it is compared with one. */
  readonly atMost?: { readonly ratio: number; readonly to: string };
}

/** How many times as much one more may take at the greatest sizes, so that all still counts as linear. */
const BEND = 1.5;

/** For each bar a line that says at which sizes it is met, and whether what it is about grows in a line. */
export function verdicts(bars: readonly Bar[], rows: readonly Row[]): string[] {
  return bars.flatMap(({ what, each, atMost }) => {
    const sizes = rows.flatMap(({ what: row, figures, ratios }) => {
      const [, size, rest] = /^(\d+): (.*)$/.exec(row) ?? [];
      return rest === what ? [{ size: Number(size), figures, ratios }] : [];
    });
    const compared = atMost ? ratiosSaid(atMost, sizes) : [];
    if (atMost && compared.length === 0) return [];
    const [, name, unit = ""] = /^(.*?)(?:, (.*))?$/.exec(what) ?? [];
    const points = sizes.flatMap(({ size, figures: { flotilla } }) =>
      flotilla ? [{ size, value: flotilla.median }] : [],
    );
    const said = [...compared, ...linear(points, `${unit} a ${each}`.trimStart())];
    return said.length > 0 ? [`- ${name}, ${said.join("; ")}`] : [];
  });
}

function ratiosSaid(
  { ratio: most, to }: NonNullable<Bar["atMost"]>,
  sizes: readonly { readonly size: number; readonly ratios: Row["ratios"] }[],
): string[] {
  const each = sizes.flatMap(({ size, ratios: { [to]: ratio } }) =>
    ratio ? [`${size} ${ratio.median <= most ? "met" : "missed"} (${rounded(ratio.median)})`] : [],
  );
  return each.length > 0 ? [`at most ${most} × ${to}: ${each.join(", ")}`] : [];
}

/** Says of three sizes and more what one more takes in the first step between them and in the last one. */
function linear(points: { readonly size: number; readonly value: number }[], unit: string): string[] {
  points.sort((a, b) => a.size - b.size);
  const steps = points.slice(1).map(({ size, value }, index) => {
    const before = points[index] as (typeof points)[number];
    return { to: size, from: before.size, each: (value - before.value) / (size - before.size) };
  });
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last || first === last) return [];
  const verdict = last.each <= BEND * first.each ? "met" : "missed";
  const text = ({ from, to, each }: typeof first) => `${rounded(each)} ${unit} from ${from} to ${to}`;
  return [`linear: ${verdict} (${text(first)}, ${text(last)})`];
}
