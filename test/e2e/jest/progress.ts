import { basename } from "node:path";
import { say } from "../../../harness/say.ts";

interface TestFile {
  path: string;
}

interface TestCase {
  fullName: string;
  status: string;
  duration?: number | null;
}

const marks: Record<string, string> = { passed: "✓", failed: "✗", pending: "skipped" };

/** A reporter that says at once how each test ended: jest's own waits until the whole file is done. */
export default class Progress {
  onTestFileStart({ path }: TestFile): void {
    say(`${basename(path)}…`);
  }

  onTestCaseResult(_file: TestFile, { fullName, status, duration }: TestCase): void {
    say(`${marks[status] ?? status} ${fullName} (${((duration ?? 0) / 1000).toFixed(1)} s)`);
  }
}
