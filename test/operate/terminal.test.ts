import { ageOf } from "../../operate/terminal.ts";

const now = new Date("2026-11-30T12:00:00Z");

test.each([
  ["2026-11-30T12:00:00Z", "0 s"],
  ["2026-11-30T11:59:01Z", "59 s"],
  ["2026-11-30T11:59:00Z", "1 min"],
  ["2026-11-30T11:00:01Z", "59 min"],
  ["2026-11-30T11:00:00Z", "1 h"],
  ["2026-11-29T12:00:01Z", "23 h"],
  ["2026-11-29T12:00:00Z", "1 d"],
  ["2025-11-30T12:00:00Z", "365 d"],
  // What is to come.
  ["2026-11-30T15:59:59Z", "3 h"],
])("%s is %s away", (time, age) => {
  expect(ageOf(time, now)).toBe(age);
  expect(ageOf(new Date(time), now)).toBe(age);
});
