/** What is read of jest's JSON report. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Test files that could not be run at all. */
  readonly numRuntimeErrorTestSuites: number;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Sums jest's reports; a run that left none, or a file that would not run, is one failure. */
export function totals(reports: readonly (JestReport | undefined)[]): Totals {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const report of reports) {
    sum.passed += report?.numPassedTests ?? 0;
    sum.failed += report ? report.numFailedTests + report.numRuntimeErrorTestSuites : 1;
    sum.skipped += report ? report.numPendingTests + report.numTodoTests : 0;
  }
  return sum;
}

/** The closing line, in the plain form that any reader of test results knows. */
export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** No failure, and at least one test that ran: a run without tests proves nothing. */
export function succeeded({ passed, failed }: Totals): boolean {
  return failed === 0 && passed > 0;
}
