import {
  closingLine,
  drillTotals,
  type JestReport,
  jestTotals,
  succeeded,
  sum,
} from "../../setup/test-totals.ts";

function report(changes: Partial<JestReport>): JestReport {
  return {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
    ...changes,
  };
}

test.each([
  [
    "two good runs",
    [report({ numPassedTests: 40 }), report({ numPassedTests: 2 })],
    "42 passed, 0 failed",
    true,
  ],
  [
    "skipped and to do",
    [report({ numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 })],
    "1 passed, 0 failed, 3 skipped",
    true,
  ],
  [
    "a failure in one of them",
    [report({ numPassedTests: 4 }), report({ numPassedTests: 1, numFailedTests: 2 })],
    "5 passed, 2 failed",
    false,
  ],
  [
    "a file that would not run",
    [report({ numPassedTests: 4, numRuntimeErrorTestSuites: 1 })],
    "4 passed, 1 failed",
    false,
  ],
  ["a run that left no report", [report({ numPassedTests: 4 }), undefined], "4 passed, 1 failed", false],
  ["no test at all", [report({}), report({})], "0 passed, 0 failed", false],
  ["all skipped", [report({ numPendingTests: 3 })], "0 passed, 0 failed, 3 skipped", false],
])("%s", (_, reports, line, good) => {
  const totals = sum(reports.map(jestTotals));
  expect(closingLine(totals)).toBe(line);
  expect(succeeded(totals)).toBe(good);
});

test.each([
  ["bars held", { results: [{ shortfalls: [] }, { shortfalls: [] }], skipped: [] }, "2 passed, 0 failed"],
  [
    "one missed",
    { results: [{ shortfalls: ["lost"] }, { shortfalls: [] }], skipped: [] },
    "1 passed, 1 failed",
  ],
  ["one not played", { results: [{ shortfalls: [] }], skipped: [{}] }, "1 passed, 0 failed, 1 skipped"],
  ["no report", undefined, "0 passed, 1 failed"],
])("a drill with %s", (_, report, line) => {
  expect(closingLine(drillTotals(report))).toBe(line);
});
