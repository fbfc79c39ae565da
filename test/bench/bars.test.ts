import { type Bar, verdicts } from "../../bench/bars.ts";
import { rowsOf } from "../../bench/statistics.ts";

const bars: Bar[] = [{ what: "up, s", each: "copy", atMost: { ratio: 1.15, to: "bare" } }];

/** Rows of what flotilla and its peer take at each size. */
const rows = (times: Record<number, readonly [ours: number, theirs: number]>) =>
  rowsOf(
    Object.entries(times).flatMap(([size, [ours, theirs]]) => [
      { round: 1, what: `${size}: up, s`, by: "flotilla", value: ours },
      { round: 1, what: `${size}: up, s`, by: "bare", value: theirs },
      { round: 1, what: `${size}: down, s`, by: "flotilla", value: 7 },
    ]),
  );

it.each([
  [
    "each size",
    { 10: [11, 10], 50: [60, 50] },
    ["- up, at most 1.15 × bare: 10 met (1.10), 50 missed (1.20)"],
  ],
  [
    "a line",
    { 10: [11, 10], 50: [51, 50], 100: [101, 100] },
    [
      "- up, at most 1.15 × bare: 10 met (1.10), 50 met (1.02), 100 met (1.01); " +
        "linear: met (1.00 s a copy from 10 to 50, 1.00 s a copy from 50 to 100)",
    ],
  ],
  [
    "a bend",
    { 10: [10, 10], 50: [50, 50], 100: [130, 130] },
    [
      "- up, at most 1.15 × bare: 10 met (1.00), 50 met (1.00), 100 met (1.00); " +
        "linear: missed (1.00 s a copy from 10 to 50, 1.60 s a copy from 50 to 100)",
    ],
  ],
  ["nothing", {}, []],
] as const)("says of %s whether the bars are met", (_, times, lines) => {
  expect(verdicts(bars, rows(times))).toEqual(lines);
});

it.each([
  [
    "a line",
    { 10: 5, 20: 10, 100: 50 },
    ["- memory, linear: met (0.500 MiB a host from 10 to 20, 0.500 MiB a host from 20 to 100)"],
  ],
  [
    "a bend",
    { 10: 5, 20: 10, 100: 90 },
    ["- memory, linear: missed (0.500 MiB a host from 10 to 20, 1.00 MiB a host from 20 to 100)"],
  ],
  ["two sizes, which tell nothing", { 10: 5, 20: 10 }, []],
])("says without a peer whether it is linear: %s", (_, values, lines) => {
  const figures = Object.entries(values).map(([size, value]) => ({
    round: 1,
    what: `${size}: memory, MiB`,
    by: "flotilla",
    value,
  }));
  expect(verdicts([{ what: "memory, MiB", each: "host" }], rowsOf(figures))).toEqual(lines);
});

it.each([
  ["met", 60, "met (0.600)"],
  ["missed", 59, "missed (0.590)"],
])("says of a single row that its bar is %s", (_, ours, verdict) => {
  const what = "GET, per second";
  const figures = [
    { round: 1, what, by: "flotilla", value: ours },
    { round: 1, what, by: "direct", value: 100 },
  ];
  const bar = { what, atLeast: { ratio: 0.6, to: "direct" } };
  expect(verdicts([bar], rowsOf(figures))).toEqual([`- GET, at least 0.6 × direct: ${verdict}`]);
  expect(verdicts([bar], [])).toEqual([]);
});

it.each([
  ["back, s", 10, "- back, at most 10 s: met (10.0)"],
  ["back, s", 10.1, "- back, at most 10 s: missed (10.1)"],
  ["back: requests lost", 11, "- back: requests lost, at most 10: missed (11.0)"],
])("says of a figure of its own whether it stays below a limit: %s of %d", (what, value, line) => {
  const figures = [
    { round: 1, what, by: "flotilla", value },
    { round: 1, what, by: "swarm", value: 1 },
  ];
  expect(verdicts([{ what, limit: 10 }], rowsOf(figures))).toEqual([line]);
  expect(verdicts([{ what, limit: 10 }], [])).toEqual([]);
});
