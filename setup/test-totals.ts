/** What is read of jest's JSON report. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Test files that could not be run at all. */
  readonly numRuntimeErrorTestSuites: number;
}

/** What is read of the drill's report. */
export interface DrillReport {
  readonly results: readonly { readonly shortfalls: readonly string[] }[];
  readonly skipped: readonly unknown[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What never came to a report is a failure. */
const missing: Totals = { passed: 0, failed: 1, skipped: 0 };

/** Jest's counts; a file that would not run is a failure. */
export function jestTotals(report: JestReport | undefined): Totals {
  if (!report) return missing;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** A scenario counts as a test: it has passed when its bar held. */
export function drillTotals(report: DrillReport | undefined): Totals {
  if (!report) return missing;
  const passed = report.results.filter(({ shortfalls }) => shortfalls.length === 0).length;
  return { passed, failed: report.results.length - passed, skipped: report.skipped.length };
}

export function sum(totals: readonly Totals[]): Totals {
  const total = (key: keyof Totals) => totals.reduce((all, one) => all + one[key], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

/** The closing line, in the plain form that any reader of test results knows. */
export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** No failure, and at least one test that ran: a run without tests proves nothing. */
export function succeeded({ passed, failed }: Totals): boolean {
  return failed === 0 && passed > 0;
}
