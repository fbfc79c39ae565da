/** The drill's command line. */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { runBeside } from "../harness/child.ts";
import { withEngine } from "../harness/with-engine.ts";
import { unknownNames } from "./choose.ts";
import type { Order } from "./main.ts";
import { parsePart, partOfDay, whole } from "./part.ts";
import { scenarios } from "./scenarios/index.ts";

const root = resolve(import.meta.dirname, "..");

const program: Command = new Command("npm run drill --")
  .description(
    "Changes, fails and kills every part of a running stack under the load of clients that count every request, and " +
      "tells what they have seen. On a stack of its own beside yours, which it takes away again; as root on a Docker " +
      "daemon of its own, too.",
  )
  .argument("[name...]", "scenarios to play; all of them without a name")
  .option("--list", "tell which scenarios there are")
  .option(
    "--short",
    "a few seconds of load each, as in CI: bars on counts are the same, those on time more lenient",
  )
  .option(
    "--stack <name>",
    "on a stack of yours, after asking; scenarios that change more than its config are skipped",
  )
  .option(
    "--part <i/n>",
    "of every-resource, every-loss and every-key only each n-th step, from the i-th on; without it the short form takes a tenth, another one each day",
  )
  .option("--step <text>", "of every-resource and every-key only the steps with that in their names")
  .option("--yes", "don't ask")
  .option("--report <folder>", "where drill.html and drill.json go", join(root, ".flotilla", "drill"))
  .option("--user-engine", "on your Docker engine, also as root: scenarios that would stop it are skipped")
  .parse();
const {
  list,
  short = false,
  part: partText,
  step,
  report,
  userEngine,
  stack,
  yes,
} = program.opts<{
  list?: boolean;
  short?: boolean;
  part?: string;
  step?: string;
  report: string;
  userEngine?: boolean;
  stack?: string;
  yes?: boolean;
}>();
const names = program.args;

if (list) {
  for (const { name, group, title, bar } of scenarios)
    console.log(`${name.padEnd(28)} ${title}${group ? ` (in ${group})` : ""}\n${" ".repeat(29)}${bar}`);
  process.exit();
}
const part = partText === undefined ? (short && !step ? partOfDay(new Date()) : whole) : parsePart(partText);
if (!part) program.error(`--part wants something like 2/4, not ${partText}`);
const unknown = unknownNames(scenarios, names);
if (unknown.length > 0)
  program.error(`no scenario is called ${unknown.join(" or ")}; --list tells which there are`);

if (stack && !existsSync(join(root, `Pulumi.${stack}.yaml`)))
  program.error(`there is no Pulumi.${stack}.yaml: --stack wants the name of a stack of this project`);
if (stack && !yes) await ask(stack);

const order: Order = {
  names,
  short,
  part,
  ...(step && { step }),
  report: resolve(report),
  ...(stack && { stack }),
};
process.exitCode = await withEngine({ usersEngine: userEngine || stack !== undefined }, (info, signal) =>
  runBeside(info, [join(import.meta.dirname, "main.ts"), JSON.stringify(order)], signal),
);
console.log(`written: ${relative(process.cwd(), join(order.report, "drill.html"))} and drill.json beside it`);

/** Goes on only when the stack's name is typed. */
async function ask(name: string): Promise<void> {
  if (!process.stdin.isTTY)
    program.error(`a drill on ${name} changes, restarts and kills its containers: say --yes to have it here`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `The drill will scale ${name}, kill and remove its containers, Consul's too, under load, and bring it back to its ` +
      `own config at the end. Requests may be lost if it finds a fault. Type ${name} to go on: `,
  );
  terminal.close();
  if (answer.trim() !== name) program.error("nothing was done");
}
