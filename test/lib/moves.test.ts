import { type Move, moveOf } from "../../lib/moves.ts";

type Case = [string, number, Record<string, string>, string[], Move | undefined];

test.each<Case>([
  ["all is as it should be", 1, { a: "running", b: "created" }, ["a"], undefined],
  ["nothing is to run", 0, { a: "created" }, [], undefined],
  ["one is missing", 2, { a: "running", b: "created" }, ["a"], { kind: "more", serving: ["a", "b"] }],
  ["one was stopped", 1, { a: "exited", b: "created" }, ["a"], { kind: "more", serving: ["a"] }],
  ["one runs, but gets no requests", 1, { a: "running" }, [], { kind: "more", serving: ["a"] }],
  ["the engine starts one again", 1, { a: "restarting" }, ["a"], undefined],
  ["there is one too many", 1, { a: "running", b: "running" }, ["a", "b"], { kind: "fewer", serving: ["a"] }],
  ["all are too many", 0, { a: "running" }, ["a"], { kind: "fewer", serving: [] }],
  ["one runs that should not", 1, { a: "running", b: "running" }, ["a"], { kind: "fewer", serving: ["a"] }],
  ["one is held that is gone", 1, { a: "running" }, ["a", "x"], { kind: "fewer", serving: ["a"] }],
  [
    "the first is missing: another one serves until it does",
    1,
    { a: "exited", b: "running", c: "created" },
    ["a", "b"],
    { kind: "more", serving: ["a", "b"] },
  ],
  ["there are not as many as wanted", 3, { a: "running" }, ["a"], undefined],
])("%s", (_, share, instances, held, expected) => {
  expect(moveOf(share, { instances: new Map(Object.entries(instances)), held })).toStrictEqual(expected);
});
