import type { Failure } from "../harness/load/samples.ts";
import { sleep, within } from "../harness/wait.ts";
import type { Exception } from "./exceptions.ts";
import { type Stage, WHOLE } from "./stage.ts";

/** One of many things that are done in turn. */
export interface Step {
  readonly what: string;
  readonly act: () => Promise<unknown>;
  /** Why it may cost requests, and for how long. */
  readonly exception?: Exception | undefined;
}

/** What came of a step. */
export interface Row {
  readonly what: string;
  /** Until the stack was whole again. */
  readonly seconds: number;
  /** Requests that failed meanwhile. */
  readonly failed: number;
  /** Why they may, where they may. */
  readonly allowed?: string;
  readonly shortfalls: readonly string[];
}

/**
 * Takes the steps that are asked for one after the other under one load, each from the stack as it was at the start. A step that falls short
 * does not end the walk: the stack is put in order, and the next one is taken.
 */
export async function walk(stage: Stage, steps: readonly Step[]): Promise<void> {
  const start = stage.fleet.stack.config;
  for (const step of stage.chosen(steps)) {
    const row = await take(stage, step);
    stage.addRow(row);
    if (row.shortfalls.length === 0) continue;
    const done = stage.allowFromNow("while the stack was put in order for the next step");
    await stage.act("putting the stack in order", () => stage.putInOrder(start));
    done();
  }
}

export const wholeAgain = (stage: Stage) => within(WHOLE, "the stack is whole", () => stage.isWhole());

async function take(stage: Stage, { what, act, exception }: Step): Promise<Row> {
  const shortfalls: string[] = [];
  const from = stage.load.seconds;
  try {
    const refused = await stage.act(what, () => attempt(act, exception?.refusal));
    await wholeAgain(stage);
    if (refused) await stage.act("up --refresh", () => stage.fleet.stack.run("up", "--refresh"));
  } catch (error) {
    shortfalls.push((error as Error).message);
  }
  const to = stage.load.seconds;
  // What has failed by now is told a moment later.
  await sleep(0.5);
  const failures = stage.load.samples.failures.filter(({ end }) => end >= from);
  const shortfall = shortfallOf(failures, exception, stage.lenience);
  if (shortfall) shortfalls.push(shortfall);
  else if (failures.length > 0) stage.allow(exception?.why ?? "", (failure) => failures.includes(failure));
  return {
    what,
    seconds: to - from,
    failed: failures.length,
    ...(exception && { allowed: `${exception.why} (at most ${exception.bound} s)` }),
    shortfalls,
  };
}

/** Does something that may be refused in these words; whether it was. */
async function attempt(act: Step["act"], refusal: RegExp | undefined): Promise<boolean> {
  try {
    await act();
    return false;
  } catch (error) {
    if (refusal?.test((error as Error).message)) return true;
    throw error;
  }
}

/** What is wrong with a step's failures; nothing where there are none, or where they all lie within what is allowed. */
export function shortfallOf(
  failures: readonly Failure[],
  exception: Exception | undefined,
  lenience: number,
): string | undefined {
  if (failures.length === 0) return undefined;
  const ends = failures.map(({ end }) => end);
  const seconds = Math.max(...ends) - Math.min(...ends);
  const bound = exception && exception.bound * lenience;
  if (bound !== undefined && seconds <= bound) return undefined;
  const limit = bound === undefined ? "" : `, more than the ${bound} s that are allowed`;
  return `${failures.length} requests failed in ${seconds.toFixed(1)} s${limit}: ${kinds(failures)}`;
}

function kinds(failures: readonly Failure[]): string {
  const groups = Map.groupBy(failures, ({ reason }) => reason);
  return [...groups].map(([reason, { length }]) => `${length} × ${reason}`).join(", ");
}
