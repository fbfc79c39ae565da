import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import colors from "picocolors";
import { show } from "../runtime/program.ts";
import { root } from "./places.ts";
import { say } from "./say.ts";
import { closingLine, drillTotals, jestTotals, succeeded, sum, type Totals } from "./test-totals.ts";

/**
 * Every test: unit, end to end, and the day's part of the drill in its short form; and their totals as the last line of
 * output. With arguments for jest, only its tests, and of those the ones that match.
 */
export async function test(env: NodeJS.ProcessEnv, jestArgs: readonly string[]): Promise<number> {
  const results = mkdtempSync(join(tmpdir(), "flotilla-test-"));
  const drill = join(results, "drill");

  const suite = async (name: string, command: string[], withDrill: boolean): Promise<Totals> => {
    const report = join(results, `${name}.json`);
    // With arguments one of the two runs may well match no test; that none ran at all is seen from the totals.
    const args = [...command, "--json", `--outputFile=${report}`, "--passWithNoTests", ...jestArgs];
    const code = await show(process.execPath, args, { cwd: root, env });
    const drilled = withDrill ? [drillTotals(read(join(drill, "drill.json")))] : [];
    const totals = sum([jestTotals(read(report)), ...drilled]);
    if (code === 0 || totals.failed > 0) return totals;
    say("test", `the ${name} tests ended with code ${code} though none failed`);
    return { ...totals, failed: 1 };
  };

  const unit = ["node_modules/jest/bin/jest.js", "--selectProjects", "unit"];
  const runs = [await suite("unit", unit, false)];
  const endToEnd = join("test", "e2e", "run.ts");
  if (existsSync(join(root, endToEnd))) {
    const withDrill = jestArgs.length === 0;
    const command = [endToEnd, ...(withDrill ? [`--drill=${drill}`] : [])];
    runs.push(await suite("end-to-end", command, withDrill));
  } else {
    say("test", colors.red(`${endToEnd} is not there: NO END-TO-END TEST IS RUN`));
  }
  rmSync(results, { recursive: true, force: true });

  const totals = sum(runs);
  process.stdout.write(`${closingLine(totals)}\n`);
  return succeeded(totals) ? 0 : 1;
}

function read<T>(file: string): T | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
