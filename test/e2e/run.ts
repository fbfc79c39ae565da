import { join } from "node:path";
import type { Order } from "../../drill/main.ts";
import { oneOfDay, partOfDay, shareOfDay } from "../../drill/part.ts";
import { runBeside } from "../../harness/child.ts";
import { say } from "../../harness/say.ts";
import { withEngine } from "../../harness/with-engine.ts";

const help = `node test/e2e/run.ts [--help] [--user-engine] [--drill=FOLDER] [jest arguments]

Runs the end-to-end tests: as root on a Docker daemon of their own, otherwise (or with --user-engine) on yours, where
the tests that would disturb it are skipped. Everything that they make is taken away at the end. For example:

  node test/e2e/run.ts -t settings                    only the tests whose name matches
  node test/e2e/run.ts versions                       only the files whose name matches
  node test/e2e/run.ts --json --outputFile=out.json   the result for a program
  node test/e2e/run.ts --drill=out                    then the day's part of the drill on the same daemon, with its report`;

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(help);
  process.exit();
}

/** Files that take minutes each: with the day's part of the drill come those of one day of these. */
const days = [
  ["02-requires", "11-data-centres", "11-prod"],
  ["02-import", "12-moving"],
  ["02-jobs", "02-tcp", "02-volumes"],
  ["02-backups", "04-wordpress"],
  ["02-logs", "02-workers", "09-remote-host", "10-quorum", "13-own-repository"],
  ["02-confined", "02-edge", "10-hosts"],
];

const usersEngine = args.includes("--user-engine");
const report = args.find((arg) => arg.startsWith("--drill="))?.slice("--drill=".length);
process.exitCode = await withEngine({ usersEngine }, async (info, signal) => {
  if (info.namespace === undefined) say("on your Docker engine: the tests that would disturb it are skipped");
  const today = new Date();
  const ofToday = oneOfDay(days, today);
  const notToday = report === undefined ? [] : days.filter((files) => files !== ofToday).flat();
  if (notToday.length > 0) say(`not today, but on the next days: ${notToday.join(", ")}`);
  const jest = [
    join(info.root, "node_modules/jest/bin/jest.js"),
    // First, since a list option takes every word that follows it.
    ...args.filter((arg) => arg !== "--user-engine" && !arg.startsWith("--drill=")),
    "--selectProjects=e2e",
    ...notToday.map((file) => `--testPathIgnorePatterns=${file}`),
    "--runInBand",
    "--testTimeout=300000",
    `--testSequencer=${join(import.meta.dirname, "jest/in-order.ts")}`,
    "--reporters=default",
    `--reporters=${join(import.meta.dirname, "jest/progress.ts")}`,
  ];
  const code = await runBeside(info, jest, signal);
  if (report === undefined) return code;
  const order: Order = { names: [], short: true, part: partOfDay(today), share: shareOfDay(today), report };
  const drill = await runBeside(info, [join(info.root, "drill/main.ts"), JSON.stringify(order)], signal);
  return code || drill;
});
