import { allHaveAnswered, disturbance, firstAnswer, type Sample } from "../../bench/disturbance.ts";

const sample = (start: number, took: number, more: Partial<Sample> = {}): Sample => ({
  start,
  end: start + took,
  server: "a",
  ...more,
});
const failure = "status 502";

describe("disturbance at 1000", () => {
  const nothing = { failures: 0, delays: 0, noticedFor: 0, longest: 0 };
  it.each<[string, Sample[], object]>([
    ["of no requests", [], nothing],
    ["of good and quick ones", [sample(990, 20), sample(1500, 200)], nothing],
    ["of those that ended before", [sample(900, 10, { failure }), sample(100, 899)], nothing],
    [
      "of one under way that failed",
      [sample(995, 10, { failure })],
      { failures: 1, delays: 0, noticedFor: 0, longest: 0.01 },
    ],
    [
      "of failures and delays",
      [sample(1010, 5, { failure }), sample(1100, 1000), sample(1900, 201), sample(2500, 5)],
      { failures: 1, delays: 2, noticedFor: 0.9, longest: 1 },
    ],
  ])("%s", (_, samples, expected) => {
    expect(disturbance(samples, 1000)).toEqual(expected);
  });
});

describe("firstAnswer", () => {
  it.each<[string, Sample[], number | undefined]>([
    ["of a server that has not answered", [sample(1, 2)], undefined],
    ["of one that has failed only", [sample(1, 2, { server: "b", failure })], undefined],
    [
      "is when it ended, in whatever order they are",
      [sample(9, 9, { server: "b" }), sample(5, 1, { server: "b" })],
      6,
    ],
  ])("%s", (_, samples, expected) => {
    expect(firstAnswer(samples, "b")).toBe(expected);
  });
});

describe("allHaveAnswered", () => {
  const a = sample(1010, 10);
  const b = sample(1100, 5, { server: "b" });
  it.each<[string, Sample[], number | undefined]>([
    ["of no requests", [], undefined],
    ["of too few servers", [a, sample(1200, 5)], undefined],
    ["is when the last one answered for the first time", [sample(1300, 5, { server: "b" }), b, a], 1105],
    ["does not count what was sent before", [sample(990, 50), b], undefined],
    ["does not count what failed", [b, { ...a, failure }], undefined],
    ["is about as many as wanted, if more are there", [a, b, sample(1900, 5, { server: "c" })], 1105],
  ])("%s", (_, samples, expected) => {
    expect(allHaveAnswered(samples, 1000, 2)).toBe(expected);
  });
});
