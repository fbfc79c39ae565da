import { isPattern, isTimeZone, lastRun, nextRun } from "../../lib/schedule.ts";

test.each([
  ["0 3 * * *", true],
  ["*/7 * * * MON-FRI", true],
  ["@daily", true],
  ["", false],
  ["daily", false],
  ["61 * * * *", false],
  // Seconds, and a day that no year has.
  ["0 * * * * *", false],
  ["0 0 31 2 *", false],
  ["2026-01-01T00:00:00", false],
])("%p is a pattern: %p", (text, expected) => {
  expect(isPattern(text)).toBe(expected);
});

test.each([
  ["UTC", true],
  ["Europe/Berlin", true],
  ["Mars", false],
  ["", false],
])("%p is a time zone: %p", (text, expected) => {
  expect(isTimeZone(text)).toBe(expected);
});

const daily = { pattern: "0 3 * * *", timeZone: "UTC" };
const inBerlin = { pattern: "0 3 * * *", timeZone: "Europe/Berlin" };

test.each([
  [daily, "2026-11-30T02:59:59.999Z", "2026-11-29T03:00:00.000Z", "2026-11-30T03:00:00.000Z"],
  [daily, "2026-11-30T03:00:00.000Z", "2026-11-30T03:00:00.000Z", "2026-12-01T03:00:00.000Z"],
  [daily, "2026-11-30T03:00:00.500Z", "2026-11-30T03:00:00.000Z", "2026-12-01T03:00:00.000Z"],
  [inBerlin, "2026-11-30T02:30:00.000Z", "2026-11-30T02:00:00.000Z", "2026-12-01T02:00:00.000Z"],
])("%j at %s was due at %s, and is at %s", (schedule, now, last, next) => {
  expect(lastRun(schedule, new Date(now))?.toISOString()).toBe(last);
  expect(nextRun(schedule, new Date(now))?.toISOString()).toBe(next);
});
