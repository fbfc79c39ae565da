import { say } from "../support/say.ts";

interface TestCase {
  fullName: string;
  status: string;
  duration?: number | null;
}

const marks: Record<string, string> = { passed: "✓", failed: "✗", pending: "skipped" };

/** A reporter that says at once which test runs and how it ended: jest's own waits until the whole file is done. */
export default class Progress {
  onTestCaseStart(_file: unknown, { fullName }: TestCase): void {
    say(`${fullName}…`);
  }

  onTestCaseResult(_file: unknown, { fullName, status, duration }: TestCase): void {
    say(`${marks[status] ?? status} ${fullName} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
  }
}
