/** Plays the scenarios beside the engine that run.ts has found or made; not to be started by hand. */
import { runInfo } from "../harness/run-info.ts";
import { timed } from "../harness/wait.ts";
import { choose } from "./choose.ts";
import { type Ground, OwnStack, ThreeHosts, UsersStack } from "./grounds.ts";
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
const mode = { short, part, ...(only && { step: only }), ownApplication: !stack };
const oneHost = stack ? new UsersStack(stack) : new OwnStack();
const overHosts: Partial<Record<Scenario["needs"], Ground>> = {
  hosts: new ThreeHosts(),
  "data centres": ThreeHosts.inTwoDataCentres(),
};

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
    const ground = overHosts[scenario.needs] ?? oneHost;
    for (const other of Object.values(overHosts))
      if (ground !== oneHost && other !== ground) await other.leave();
    const { result, seconds } = await timed(() => playOn(ground, scenario));
    for (const line of lines(result)) live.line(`    ${line}`);
    live.line(`    over after ${seconds.toFixed(0)} s`);
    ground.trusted = result.shortfalls.length === 0;
    // After each of them, so that a drill that is cut off leaves what it has seen.
    book.add(result);
  }
} finally {
  live.end();
  for (const ground of [oneHost, ...Object.values(overHosts)]) await ground.leave();
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
  if (runInfo().namespace) return undefined;
  if (needs === "own engine") return "it would stop your Docker engine; as root the drill has one of its own";
  if (needs in overHosts) return "there is one Docker engine; as root the drill has as many as it wants";
  return undefined;
}

async function playOn(ground: Ground, scenario: Scenario): Promise<Result> {
  await ground.startOver(scenario.start, short);
  return play(scenario, ground, mode, live);
}
