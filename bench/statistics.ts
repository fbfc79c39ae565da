/** One number that one contestant got in one round. */
export interface Figure {
  readonly round: number;
  /** What was measured, with its unit, such as "scale 4 → 10, s". */
  readonly what: string;
  /** Who did it: flotilla, or the name of a peer. */
  readonly by: string;
  readonly value: number;
  /** Stands beside the others without being compared. */
  readonly aside?: true;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** All rounds of one measurement: each contestant's figures, and flotilla's as a multiple of each peer's. */
export interface Row {
  readonly what: string;
  readonly rounds: number;
  readonly figures: Readonly<Record<string, Spread>>;
  /** By peer. Within each round, since a machine's speed changes from minute to minute, and only then summed up. */
  readonly ratios: Readonly<Record<string, Spread>>;
}

/** Whose figures are divided by everybody else's. */
export const us = "flotilla";

/** Median (of an even count, the mean of the two in the middle) and extremes; undefined for no values at all. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** One row for each thing that was measured, in the order in which they first came. */
export function rowsOf(figures: readonly Figure[]): Row[] {
  return Object.entries(grouped(figures, ({ what }) => what)).map(([what, of]) => {
    const byContestant = grouped(of, ({ by }) => by);
    const values = mapped(ordered(byContestant), (figures) => spread(figures.map(({ value }) => value)));
    const ours = new Map(byContestant[us]?.map(({ round, value }) => [round, value]));
    const { [us]: _, ...peers } = byContestant;
    const ratios = mapped(peers, (figures) =>
      spread(figures.flatMap(({ round, value, aside }) => (aside ? [] : ratio(ours.get(round), value)))),
    );
    return { what, rounds: new Set(of.map(({ round }) => round)).size, figures: values, ratios };
  });
}

/** Us first, whoever's turn it was. */
const ordered = ({ [us]: ours, ...others }: Record<string, Figure[]>) => ({
  ...(ours && { [us]: ours }),
  ...others,
});

/** None where one side is missing, or where there is nothing to divide by. */
const ratio = (ours: number | undefined, theirs: number) =>
  ours === undefined || theirs === 0 ? [] : [ours / theirs];

function grouped(figures: readonly Figure[], key: (figure: Figure) => string): Record<string, Figure[]> {
  const groups: Record<string, Figure[]> = {};
  for (const figure of figures) {
    const name = key(figure);
    const group = groups[name] ?? [];
    groups[name] = group;
    group.push(figure);
  }
  return groups;
}

function mapped(
  groups: Record<string, Figure[]>,
  sum: (figures: Figure[]) => Spread | undefined,
): Record<string, Spread> {
  const entries = Object.entries(groups).flatMap(([name, figures]) => {
    const result = sum(figures);
    return result ? [[name, result] as const] : [];
  });
  return Object.fromEntries(entries);
}
