import { roundsOf } from "../../bench/plan.ts";
import { page } from "../../bench/report.ts";
import { rotated } from "../../bench/session.ts";

it("writes a page with the machine, and each benchmark's method, notes and figures", () => {
  const figures = [
    { round: 1, what: "up, s", by: "compose", value: 4 },
    { round: 1, what: "up, s", by: "flotilla", value: 8 },
  ];
  const machine = { date: "2026-11-21", processor: "2 × something" };
  const results = [
    { title: "deploy", method: "By hand.", rounds: 1, notes: ["compose 2.40.3"], bars: [], figures },
    { title: "traffic", method: "By wrk.", rounds: 5, notes: ["wrk is missing"], bars: [], figures: [] },
  ];
  const text = page(machine, results);
  expect(text).toContain("\n- date: 2026-11-21\n- processor: 2 × something\n");
  expect(text.slice(text.indexOf("## deploy"))).toBe(`\
## deploy

By hand.

Rounds: 1; compose 2.40.3.

|       | flotilla | compose | flotilla / compose |
| ----- | -------- | ------- | ------------------ |
| up, s | 8.00     | 4.00    | 2.00×              |

## traffic

By wrk.

Rounds: 5; wrk is missing.
`);
});

it.each([
  [1, ["b", "c", "a"]],
  [2, ["c", "a", "b"]],
  [3, ["a", "b", "c"]],
])("begins round %p with another contestant", (round, order) => {
  expect(rotated(["a", "b", "c"], round)).toEqual(order);
});

it.each([
  [1, 1],
  [5, 3],
])("of %p rounds growth and hosts go %p", (rounds, fewer) => {
  expect(roundsOf(rounds)).toEqual({
    deploy: rounds,
    traffic: rounds,
    data: rounds,
    backup: fewer,
    failure: rounds,
    reload: rounds,
    growth: fewer,
    hosts: fewer,
    reschedule: fewer,
    mocks: fewer,
  });
});
