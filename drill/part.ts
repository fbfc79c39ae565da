/** A share of something long: each `of`-th of its items, beginning with the `number`-th (from 1). */
export interface Part {
  readonly number: number;
  readonly of: number;
}

export const whole: Part = { number: 1, of: 1 };

/** The part whose turn it is on a day, where one of so many is taken each day. */
function turn(day: Date, of: number): Part {
  const days = Math.floor(day.getTime() / 86_400_000);
  return { number: (days % of) + 1, of };
}

/** The tenth of walks and groups that the short form takes on a day. */
export const partOfDay = (day: Date) => turn(day, 10);

/** The sixth of all other scenarios that CI takes on a day. */
export const shareOfDay = (day: Date) => turn(day, 6);

/** The one of some items whose turn it is on a day. */
export const oneOfDay = <T>(items: readonly T[], day: Date) => partOf(items, turn(day, items.length))[0];

/** Reads a part such as "2/4"; undefined when it is none. */
export function parsePart(text: string): Part | undefined {
  const [, number = 0, of = 0] = (/^([1-9]\d?)\/([1-9]\d?)$/.exec(text) ?? []).map(Number);
  return number >= 1 && number <= of ? { number, of } : undefined;
}

/** The items of a list that belong to a part: neighbours, which are often alike, go to different ones. */
export function partOf<T>(items: readonly T[], { number, of }: Part): T[] {
  return items.filter((_, index) => index % of === number - 1);
}

export const partText = ({ number, of }: Part) => (of === 1 ? "the whole" : `part ${number} of ${of}`);
