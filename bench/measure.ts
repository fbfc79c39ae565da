/** Runs benchmarks beside an engine that is there already; started by `bench/run.ts`, which tells it what to do. */
import { mkdirSync, writeFileSync } from "node:fs";
import { say } from "../harness/say.ts";
import * as backup from "./backup.ts";
import type { Bar } from "./bars.ts";
import * as data from "./data.ts";
import * as deploy from "./deploy.ts";
import * as failure from "./failure.ts";
import * as growth from "./growth.ts";
import * as hosts from "./hosts.ts";
import { describeMachine } from "./machine.ts";
import * as mocks from "./mocks.ts";
import type { Plan, Title } from "./plan.ts";
import * as reload from "./reload.ts";
import { page, type Result, section } from "./report.ts";
import * as reschedule from "./reschedule.ts";
import { Session } from "./session.ts";
import * as traffic from "./traffic.ts";

const plan = JSON.parse(process.argv[2] ?? "") as Plan;

interface Benchmark {
  readonly method: string;
  readonly bars?: readonly Bar[];
  measure(session: Session, sizes: readonly number[]): Promise<void>;
}

const benchmarks: Record<Title, Benchmark> = {
  deploy,
  traffic,
  data,
  backup,
  failure,
  reload,
  growth,
  hosts,
  reschedule,
  mocks,
};

const machine = await describeMachine(plan.engine);
const results: Result[] = [];
let failed = false;
for (const title of plan.benchmarks) {
  const { method, measure, bars = [] } = benchmarks[title];
  const session = new Session(title, plan.rounds[title], plan.peers);
  mkdirSync(session.folder, { recursive: true });
  try {
    await measure(session, plan.sizes);
  } catch (error) {
    // The others may still have something to say.
    failed = true;
    say((error as Error).stack ?? String(error));
    session.notes.add(`ended early: ${(error as Error).message.split("\n")[0]}`);
  }
  const { rounds, figures, notes } = session;
  const result = { title, method, rounds, notes: [...notes], bars, figures };
  results.push(result);
  console.log(`\n${section(result)}\n`);
  // After each of them, so that a run that is cut off leaves what it has measured.
  if (plan.markdown) write(plan.markdown);
}
if (failed) process.exitCode = 1;

function write(markdown: string): void {
  writeFileSync(markdown, page(machine, results));
  const json = `${JSON.stringify({ machine, results }, null, 1)}\n`;
  writeFileSync(`${markdown.replace(/\.md$/, "")}.json`, json);
}
