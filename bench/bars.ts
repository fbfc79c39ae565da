import { type Row, us } from "./statistics.ts";
import { rounded } from "./tables.ts";

/** What is to be reached in rows such as "10: up, s", which are measured at several sizes. */
export interface SizedBar {
  /** The row, without its size. */
  readonly what: string;
  /** What the sizes count. */
  readonly each: "copy" | "host";
  /** The greatest ratio to a peer, where it is compared with one. */
  readonly atMost?: Ratio;
}

/** What is to be reached in one row. */
export interface PlainBar {
  readonly what: string;
  /** The smallest ratio to a peer. */
  readonly atLeast: Ratio;
}

/** What is to be reached in one row, whatever the peers do. */
export interface LimitBar {
  readonly what: string;
  /** The greatest figure, in the row's unit. */
  readonly limit: number;
}

export type Bar = SizedBar | PlainBar | LimitBar;

interface Ratio {
  readonly ratio: number;
  readonly to: string;
}

/** How many times as much one more may take at the greatest sizes, so that all still counts as linear. */
const BEND = 1.5;

/** For each bar a line that says whether it is met; of several sizes, at which, and whether it grows in a line. */
export function verdicts(bars: readonly Bar[], rows: readonly Row[]): string[] {
  return bars.flatMap((bar) => {
    const said = "each" in bar ? ofSizes(bar, rows) : "limit" in bar ? ofLimit(bar, rows) : ofRow(bar, rows);
    const [name] = bar.what.split(", ");
    return said.length > 0 ? [`- ${name}, ${said.join("; ")}`] : [];
  });
}

function ofRow({ what, atLeast: { ratio: least, to } }: PlainBar, rows: readonly Row[]): string[] {
  const ratio = rows.find((row) => row.what === what)?.ratios[to];
  if (ratio === undefined) return [];
  return [
    `at least ${least} × ${to}: ${ratio.median >= least ? "met" : "missed"} (${rounded(ratio.median)})`,
  ];
}

function ofLimit({ what, limit }: LimitBar, rows: readonly Row[]): string[] {
  const ours = rows.find((row) => row.what === what)?.figures[us];
  if (ours === undefined) return [];
  const [, unit] = /, (\S+)$/.exec(what) ?? [];
  const most = unit === undefined ? limit : `${limit} ${unit}`;
  return [`at most ${most}: ${ours.median <= limit ? "met" : "missed"} (${rounded(ours.median)})`];
}

function ofSizes({ what, each, atMost }: SizedBar, rows: readonly Row[]): string[] {
  const sizes = rows.flatMap(({ what: row, figures, ratios }) => {
    const [, size, rest] = /^(\d+): (.*)$/.exec(row) ?? [];
    return rest === what ? [{ size: Number(size), figures, ratios }] : [];
  });
  const compared = atMost ? ratiosSaid(atMost, sizes) : [];
  if (atMost && compared.length === 0) return [];
  const [, unit = ""] = /, (.*)$/.exec(what) ?? [];
  const points = sizes.flatMap(({ size, figures: { flotilla } }) =>
    flotilla ? [{ size, value: flotilla.median }] : [],
  );
  return [...compared, ...linear(points, `${unit} a ${each}`.trimStart())];
}

function ratiosSaid(
  { ratio: most, to }: Ratio,
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
