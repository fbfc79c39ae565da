import { type Figure, rowsOf, spread } from "../../bench/statistics.ts";

describe("spread", () => {
  it.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[3, 1, 2], { median: 2, min: 1, max: 3 }],
    [[10, 9, 100, 8], { median: 9.5, min: 8, max: 100 }],
    [[], undefined],
  ])("of %p is %p", (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });

  it("leaves its values as they were", () => {
    const values = [2, 1];
    spread(values);
    expect(values).toEqual([2, 1]);
  });
});

describe("rowsOf", () => {
  const figure = (round: number, what: string, by: string, value: number, more: Partial<Figure> = {}) => ({
    round,
    what,
    by,
    value,
    ...more,
  });
  const alone = (value: number) => ({ median: value, min: value, max: value });

  it("has nothing to say about nothing", () => {
    expect(rowsOf([])).toEqual([]);
  });

  it("compares within a round, since machines change from minute to minute", () => {
    const figures = [
      figure(1, "up", "flotilla", 10),
      figure(1, "up", "compose", 5),
      figure(2, "up", "flotilla", 100),
      figure(2, "up", "compose", 100),
      figure(3, "up", "flotilla", 30),
      figure(3, "up", "compose", 10),
    ];
    expect(rowsOf(figures)).toEqual([
      {
        what: "up",
        rounds: 3,
        figures: { flotilla: { median: 30, min: 10, max: 100 }, compose: { median: 10, min: 5, max: 100 } },
        ratios: { compose: { median: 2, min: 1, max: 3 } },
      },
    ]);
  });

  it.each([
    ["where flotilla has no figure", [figure(1, "up", "compose", 5)], {}],
    [
      "where flotilla has none in that round",
      [figure(1, "up", "flotilla", 1), figure(2, "up", "compose", 5)],
      {},
    ],
    ["to nothing", [figure(1, "lost", "flotilla", 1), figure(1, "lost", "compose", 0)], {}],
    [
      "of what stands aside",
      [figure(1, "share", "flotilla", 1), figure(1, "share", "compose", 2, { aside: true })],
      {},
    ],
    [
      "but there is one of nothing",
      [figure(1, "lost", "flotilla", 0), figure(1, "lost", "compose", 4)],
      { compose: alone(0) },
    ],
  ])("has no ratio %s", (_, figures, ratios) => {
    expect(rowsOf(figures)[0]?.ratios).toEqual(ratios);
  });

  it("keeps the order of what was measured, and puts flotilla first", () => {
    const rows = rowsOf([
      figure(1, "b", "compose", 1),
      figure(1, "a", "compose", 1),
      figure(1, "b", "flotilla", 1),
    ]);
    expect(rows.map(({ what, figures }) => [what, Object.keys(figures)])).toEqual([
      ["b", ["flotilla", "compose"]],
      ["a", ["compose"]],
    ]);
  });
});
