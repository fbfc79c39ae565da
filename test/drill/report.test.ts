import { readFileSync } from "node:fs";
import type { Result } from "../../drill/play.ts";
import { html } from "../../drill/report/html.ts";
import { lines, rows } from "../../drill/report/report.ts";

const latency = { count: 10, p50: 2, p99: 20, max: 200 };
const held: Result = {
  name: "scale",
  title: "Servers 4 → 10",
  bar: "0 failed",
  shortfalls: [],
  requests: 1234,
  failed: 0,
  allowed: {},
  reasons: [],
  latency: { before: latency, during: latency, after: latency },
  sockets: { held: 2, messages: 50, breaks: [] },
  events: [{ at: 1, text: "4 → 10 <servers>" }],
  notes: ["all there: after 1.0 s"],
  rows: [],
  timeline: [
    { at: 0, answers: 10, failures: 0, p50: 2, p99: 20, max: 200 },
    { at: 1, answers: 10, failures: 0, p50: 2, p99: 20, max: 200 },
  ],
  acted: { from: 1, to: 2 },
};
const missed: Result = {
  ...held,
  name: "kill-server",
  failed: 3,
  allowed: { "begun by it": 1 },
  reasons: [{ reason: "POST: status 502", count: 3, first: 1.04, last: 2.06 }],
  shortfalls: ["2 of 1234 requests failed"],
  recovery: 1.25,
  sockets: { held: 2, messages: 50, breaks: ["1.0 s: closed with code 1006"] },
  timeline: [
    { at: 0, answers: 10, failures: 0, p50: 2, p99: 20, max: 200 },
    { at: 1, answers: 0, failures: 3, p50: 0, p99: 0, max: 0 },
  ],
};

test("what is told of a scenario whose bar held", () => {
  expect(lines(held)).toStrictEqual(["held: 1,234 requests, 0 failed", "  all there: after 1.0 s"]);
});

test("what is told of one whose bar was missed", () => {
  expect(lines(missed)).toStrictEqual([
    "MISSED: 1,234 requests, 3 failed",
    "  1 allowed: begun by it",
    "  3 × POST: status 502 (from 1.0 s to 2.1 s)",
    "  short of the bar: 2 of 1234 requests failed",
    "  all there: after 1.0 s",
    "  WebSockets, reported apart: 1 breaks of 2 held",
  ]);
});

test("what is told of the steps of one that has many", () => {
  const row = { what: "docker:Volume data", seconds: 3.21, failed: 0, shortfalls: [] };
  const rows = [
    row,
    { ...row, what: "front", failed: 561, allowed: "ports (at most 10 s)" },
    { ...row, what: "consul-1", failed: 2, shortfalls: ["2 requests failed"] },
  ];
  expect(lines({ ...held, notes: [], rows }).slice(1)).toStrictEqual([
    "  held        0 failed    3.2 s  docker:Volume data",
    "  allowed   561 failed    3.2 s  front: ports (at most 10 s)",
    "  MISSED      2 failed    3.2 s  consul-1",
  ]);
});

test("the table has a row for each", () => {
  const table = rows([held, missed]);
  expect(table.scale).toMatchObject({ bar: "held", requests: 1234, failed: "0", "back, s": "" });
  expect(table["kill-server"]).toMatchObject({ bar: "MISSED", failed: "3 (1 allowed)", "back, s": "1.3" });
});

test("the page stands alone, shows each scenario and when requests failed, and takes no text for markup", () => {
  const template = readFileSync("drill/report/page.html.mustache", "utf8");
  const about = { date: "2026-11-21", commit: "abc", machine: "2 × CPU", form: "full" } as const;
  const page = html({ ...about, results: [held, missed], skipped: [] }, template);
  expect(page).toContain("1 of 2 bars held");
  expect(page).not.toMatch(/(src|href)="(?!#)/);
  expect(page.match(/<svg/g)).toHaveLength(2);
  expect(page.match(/class="failures"/g)).toHaveLength(1);
  expect(page).toContain("4 → 10 &lt;servers&gt;");
});
