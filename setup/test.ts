import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import colors from "picocolors";
import { root } from "./places.ts";
import { show } from "./run-program.ts";
import { say } from "./say.ts";
import { closingLine, type JestReport, succeeded, totals } from "./test-totals.ts";

/** Every test, unit and then end to end, and their totals as the last line of output. */
export async function test(env: NodeJS.ProcessEnv, jestArgs: readonly string[]): Promise<number> {
  const results = mkdtempSync(join(tmpdir(), "flotilla-test-"));
  // With arguments one of the two runs may well match no test; that none ran at all is seen from the totals.
  const suite = async (name: string, ...command: string[]) => {
    const report = join(results, `${name}.json`);
    const args = [...command, "--json", `--outputFile=${report}`, "--passWithNoTests", ...jestArgs];
    const code = await show(process.execPath, args, { cwd: root, env });
    const result: JestReport | undefined = existsSync(report)
      ? JSON.parse(readFileSync(report, "utf8"))
      : undefined;
    const sum = totals([result]);
    if (code !== 0 && sum.failed === 0)
      say("test", `the ${name} tests ended with code ${code} though none failed`);
    return { sum, broken: code !== 0 && sum.failed === 0 };
  };

  const runs = [
    await suite("unit", join("node_modules", "jest", "bin", "jest.js"), "--selectProjects", "unit"),
  ];
  const endToEnd = join("test", "e2e", "run.ts");
  if (existsSync(join(root, endToEnd))) runs.push(await suite("e2e", endToEnd));
  else say("test", colors.red(`${endToEnd} is not there: NO END-TO-END TEST IS RUN`));
  rmSync(results, { recursive: true, force: true });

  const sum = runs.reduce(
    (all, { sum, broken }) => ({
      passed: all.passed + sum.passed,
      failed: all.failed + sum.failed + (broken ? 1 : 0),
      skipped: all.skipped + sum.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
  process.stdout.write(`${closingLine(sum)}\n`);
  return succeeded(sum) ? 0 : 1;
}
