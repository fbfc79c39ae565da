/** Plays the scenarios beside the engine that run.ts has found or made; not to be started by hand. */
import { Fleet } from "../harness/fleet.ts";
import { Project } from "../harness/project.ts";
import { runInfo } from "../harness/run-info.ts";
import { step } from "../harness/say.ts";
import { timed } from "../harness/wait.ts";
import { choose } from "./choose.ts";
import { Live } from "./live.ts";
import { type Part, partText, whole } from "./part.ts";
import { play, type Result } from "./play.ts";
import { Book } from "./report/book.ts";
import { lines, rows } from "./report/report.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";

/** What run.ts asks for. */
export interface Order {
  /** Scenarios to play; all when there are none. */
  readonly names: readonly string[];
  readonly short: boolean;
  /** What is taken of walks and groups. */
  readonly part: Part;
  /** What is taken of all other scenarios where none is named; all of them without it. */
  readonly share?: Part;
  /** What the names of a walk's steps must contain. */
  readonly step?: string;
  /** Folder for drill.json and drill.html. */
  readonly report: string;
  /** A stack of the user's, in the place of one of the drill's own. */
  readonly stack?: string;
}

const {
  names,
  short,
  part,
  share = whole,
  step: only,
  report,
  stack,
} = JSON.parse(process.argv[2] ?? "{}") as Order;
const live = new Live();
const book = new Book(report, short);
const fleet = stack ? Fleet.ofUser(stack) : Fleet.ofDrill(new Project());
const mode = { short, part, ...(only && { step: only }), ownApplication: !stack };
let trusted = true;

if (!stack) await step("bringing up a stack for the drill", () => fleet.toStart());
const chosen = choose(scenarios, names, part, share);
live.line(`of every-…: ${partText(part)}; of the others: ${partText(share)}`);
try {
  for (const [index, scenario] of chosen.entries()) {
    const why = whyNot(scenario);
    if (why) {
      live.line(`\n${scenario.name}: skipped, since ${why}`);
      book.skip(scenario.name, why);
      continue;
    }
    live.line(
      `\n${index + 1}/${chosen.length} ${scenario.name}: ${scenario.title}\n    bar: ${scenario.bar}`,
    );
    const { result, seconds } = await timed(() => playOn(scenario));
    for (const line of lines(result)) live.line(`    ${line}`);
    live.line(`    over after ${seconds.toFixed(0)} s`);
    trusted = result.shortfalls.length === 0;
    // After each of them, so that a drill that is cut off leaves what it has seen.
    book.add(result);
  }
} finally {
  live.end();
  if (stack) await step(`bringing ${stack} back to its own config`, () => startOver());
  // With an engine of its own goes all that is on it.
  else if (!runInfo().namespace) await fleet.stack.attempt("destroy");
}
const { results, skipped } = book;
const missed = results.filter(({ shortfalls }) => shortfalls.length > 0);
console.table(rows(results));
console.log(
  `${results.length - missed.length} bars held, ${missed.length} missed, ${skipped.length} scenarios skipped`,
);
process.exitCode = missed.length > 0 || results.length === 0 ? 1 : 0;

function whyNot({ needs }: Scenario): string | undefined {
  if (stack && needs !== "any stack") return "it changes what only a stack of the drill's own may be changed";
  if (needs === "own engine" && !runInfo().namespace)
    return "it would stop your Docker engine; as root the drill has one of its own";
  return undefined;
}

async function playOn(scenario: Scenario): Promise<Result> {
  await startOver(scenario.start);
  return play(scenario, fleet, mode, live);
}

/** After a scenario that fell short. A stack of the drill's own that can't be mended is made anew. */
async function mend(): Promise<void> {
  if (stack) await fleet.stack.run("up", "--refresh");
  else if ((await fleet.stack.attempt("up", "--refresh")).code !== 0) await fleet.remake();
}

/** Brings the stack to its start, edited. After a scenario that fell short nothing is taken for granted. */
async function startOver(edit?: Scenario["start"]): Promise<void> {
  const was = JSON.stringify(fleet.stack.config);
  fleet.startOver((config) => edit?.(config, short));
  if (!trusted && !stack) fleet.application.restore();
  if (!trusted) await mend();
  else if (JSON.stringify(fleet.stack.config) !== was) await fleet.stack.run("up");
}
