import { ageOf } from "../../operate/terminal.ts";

const now = new Date("2026-11-30T12:00:00Z");

test.each([
  ["2026-11-30T12:00:00Z", "0 s"],
  ["2026-11-30T11:59:01Z", "59 s"],
  ["2026-11-30T11:58:01Z", "119 s"],
  ["2026-11-30T11:58:00Z", "2 min"],
  ["2026-11-30T10:20:00Z", "100 min"],
  ["2026-11-30T10:00:00Z", "2 h"],
  ["2026-11-28T12:01:00Z", "48 h"],
  ["2026-11-28T12:00:00Z", "2 d"],
  ["2025-11-30T12:00:00Z", "365 d"],
  // What is to come.
  ["2026-11-30T15:00:00Z", "3 h"],
])("%s is %s away", (time, age) => {
  expect(ageOf(time, now)).toBe(age);
  expect(ageOf(new Date(time), now)).toBe(age);
});
