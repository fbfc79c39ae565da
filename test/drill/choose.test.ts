import { choose, unknownNames } from "../../drill/choose.ts";
import { oneOfDay, type Part, parsePart, partOf, partOfDay, shareOfDay } from "../../drill/part.ts";

const all = [
  { name: "scale" },
  { name: "loss-1", group: "every-loss" },
  { name: "loss-2", group: "every-loss" },
  { name: "hang" },
  { name: "every-key", isWalk: true as const },
  { name: "loss-3", group: "every-loss" },
];
const whole = { number: 1, of: 1 };
const second = { number: 2, of: 2 };

test.each([
  ["all", [], whole, ["scale", "loss-1", "loss-2", "hang", "every-key", "loss-3"]],
  ["all, of a group the part", [], second, ["scale", "loss-2", "hang", "every-key"]],
  ["one", ["hang"], whole, ["hang"]],
  ["a group", ["every-loss"], whole, ["loss-1", "loss-2", "loss-3"]],
  ["a part of a group", ["every-loss"], second, ["loss-2"]],
  ["one of a group by its own name, whatever the part", ["loss-1"], second, ["loss-1"]],
  ["one and a part of a group", ["loss-1", "every-loss"], second, ["loss-1", "loss-2"]],
])("chosen: %s", (_, names, part, chosen) => {
  expect(choose(all, names, part).map(({ name }) => name)).toStrictEqual(chosen);
});

test("a share of what is neither a walk nor in a group", () => {
  const names = (share: Part) => choose(all, [], whole, share).map(({ name }) => name);
  expect(names({ number: 1, of: 2 })).toStrictEqual(["scale", "loss-1", "loss-2", "every-key", "loss-3"]);
  expect(names(second)).toStrictEqual(["loss-1", "loss-2", "hang", "every-key", "loss-3"]);
  expect(choose(all, ["hang"], whole, { number: 1, of: 2 })).toStrictEqual([{ name: "hang" }]);
});

test("names that nothing has", () => {
  expect(unknownNames(all, ["scale", "every-loss", "every-thing"])).toStrictEqual(["every-thing"]);
});

test.each([
  ["1/4", { number: 1, of: 4 }],
  ["12/12", { number: 12, of: 12 }],
  ["0/4", undefined],
  ["5/4", undefined],
  ["1/", undefined],
  ["half", undefined],
])("the part %s", (text, part) => {
  expect(parsePart(text)).toStrictEqual(part);
});

test("the parts of a list are all of it, each item once", () => {
  const items = ["a", "b", "c", "d", "e", "f"];
  const parts = [1, 2, 3, 4].map((number) => partOf(items, { number, of: 4 }));
  expect(parts).toStrictEqual([["a", "e"], ["b", "f"], ["c"], ["d"]]);
});

test("of some items each has its day", () => {
  const days = ["2026-12-30", "2026-12-31", "2027-01-01"].map((day) => new Date(day));
  expect(days.map((day) => oneOfDay(["a", "b", "c"], day)).sort()).toStrictEqual(["a", "b", "c"]);
});

test.each([
  ["tenths", partOfDay, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ["sixths", shareOfDay, [1, 2, 3, 4, 5, 6]],
])("days in a row take all %s, also over the turn of a year", (_, of, all) => {
  const start = new Date("2026-12-30T12:00:00Z").getTime();
  const numbers = all.map((_, index) => of(new Date(start + index * 86_400_000)).number);
  expect(numbers.toSorted((a, b) => a - b)).toStrictEqual(all);
});
