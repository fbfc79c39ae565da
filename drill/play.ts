import { Load } from "../harness/load/load.ts";
import { atEach, everyMethod, type Plan, pagesOnly, unhurried } from "../harness/load/plan.ts";
import type { Failure, Latency, Slice } from "../harness/load/samples.ts";
import { receiptsOf } from "../harness/receipts.ts";
import { sleep } from "../harness/wait.ts";
import type { Ground } from "./grounds.ts";
import type { Live } from "./live.ts";
import type { Part } from "./part.ts";
import type { Scenario } from "./scenario.ts";
import { type Event, Stage } from "./stage.ts";
import type { Row } from "./walk.ts";

/** What came of a scenario. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly bar: string;
  /** What fell short; nothing when the bar holds. */
  readonly shortfalls: readonly string[];
  readonly requests: number;
  /** Every request that failed. */
  readonly failed: number;
  /** Of those, the ones that the bar allows, by the reason why. */
  readonly allowed: Readonly<Record<string, number>>;
  /**
   * All that failed, by reason, those that nothing allows first; with when the first of them began and the last one ended, in
   * seconds since the load began.
   */
  readonly reasons: readonly { reason: string; count: number; first: number; last: number }[];
  readonly latency: { readonly before: Latency; readonly during: Latency; readonly after: Latency };
  /** Seconds until back to full strength, where something was lost. */
  readonly recovery?: number;
  /** Long-lived connections, which nothing can carry over: reported apart. */
  readonly sockets: { readonly held: number; readonly messages: number; readonly breaks: readonly string[] };
  readonly events: readonly Event[];
  readonly notes: readonly string[];
  /** What came of each step, where there were many. */
  readonly rows: readonly Row[];
  readonly timeline: readonly Slice[];
  /** Seconds since the load began, of the first act and of the end of the last. */
  readonly acted: { readonly from: number; readonly to: number };
}

export interface Mode {
  readonly short: boolean;
  /** What is taken of walks and groups. */
  readonly part: Part;
  /** What the names of a walk's steps must contain. */
  readonly step?: string;
  /** Whether the application is the drill's own. */
  readonly ownApplication: boolean;
}

/** Plays one scenario on a stack that is ready for it. */
export async function play(
  scenario: Scenario,
  ground: Pick<Ground, "fleet" | "hosts">,
  mode: Mode,
  live: Pick<Live, "say" | "watch">,
): Promise<Result> {
  const plan = await planOf(scenario, ground, mode);
  const stage = new Stage(ground, new Load(plan), mode, live);
  live.watch(stage.load);
  const rest = mode.short ? 0.5 : 4;
  let [from, to] = [0, 0];
  try {
    await sleep(rest);
    from = stage.load.seconds;
    await scenario.play(stage);
  } catch (error) {
    stage.shortfalls.push((error as Error).message);
  } finally {
    to = stage.load.seconds;
    await sleep(rest);
    live.watch(undefined);
    await stage.load.stop();
  }

  const { samples } = stage.load;
  from = Math.min(from, stage.events[0]?.at ?? from);
  const receipts = mode.ownApplication
    ? await receiptsOf(ground.fleet, stage.load.run)
    : new Map<string, number>();
  const { allowed, counted } = judge(stage, receipts);
  const notAllowed = new Set(counted);
  if (counted.length > 0) stage.shortfalls.push(`${counted.length} of ${samples.requests} requests failed`);
  const twice = [...receipts.values()].filter((count) => count > 1).length;
  if (twice > 0) stage.shortfalls.push(`${twice} POSTs were sent to servers more than once`);
  if (samples.requests < 20) stage.shortfalls.push(`only ${samples.requests} requests: that shows nothing`);

  const { name, title, bar } = scenario;
  return {
    name,
    title,
    bar,
    shortfalls: stage.shortfalls,
    requests: samples.requests,
    failed: samples.failures.length,
    allowed,
    reasons: [
      ...byReason(counted, "not allowed: "),
      ...byReason(samples.failures.filter((failure) => !notAllowed.has(failure))),
    ],
    latency: {
      before: samples.latency(0, from),
      during: samples.latency(from, to),
      after: samples.latency(to, Number.POSITIVE_INFINITY),
    },
    ...(stage.recovery !== undefined && { recovery: stage.recovery }),
    sockets: {
      held: plan.sockets,
      messages: samples.messages,
      breaks: samples.breaks.map(({ at, reason }) => `${at.toFixed(1)} s: ${reason}`),
    },
    events: stage.events,
    notes: stage.notes,
    rows: stage.rows,
    timeline: samples.timeline(to > 60 ? 1 : 0.25),
    acted: { from, to },
  };
}

async function planOf(
  scenario: Scenario,
  { fleet, hosts }: Pick<Ground, "fleet" | "hosts">,
  mode: Pick<Mode, "short" | "ownApplication">,
): Promise<Plan> {
  const planAt = (url: string) => usualPlan(scenario, url, mode);
  if (!hosts) return planAt(fleet.url);
  const { at = ({ keys }) => keys.slice(0, -1) } = scenario;
  const places = (await at(hosts)).map((key) => [key, hosts.urlOf(key)]);
  return atEach(Object.fromEntries(places), planAt);
}

function usualPlan(
  { plan }: Scenario,
  url: string,
  { short, ownApplication }: Pick<Mode, "short" | "ownApplication">,
): Plan {
  if (plan) return plan(url, short);
  if (!ownApplication) return pagesOnly(url);
  // Whatever waits for WebSockets to end waits long: the short form holds some in one scenario only.
  return short ? { ...unhurried(everyMethod(url)), sockets: 0 } : everyMethod(url);
}

function judge(
  stage: Stage,
  receipts: ReadonlyMap<string, number>,
): { allowed: Record<string, number>; counted: Failure[] } {
  const allowed: Record<string, number> = {};
  const counted = stage.load.samples.failures.filter((failure) => {
    const excuse = stage.excuseFor(failure, receipts);
    if (excuse) allowed[excuse] = (allowed[excuse] ?? 0) + 1;
    return !excuse;
  });
  return { allowed, counted };
}

function byReason(failures: readonly Failure[], mark = ""): Result["reasons"] {
  const groups = Map.groupBy(failures, ({ client, reason }) => `${mark}${client}: ${reason}`);
  return [...groups].map(([reason, group]) => {
    const first = Math.min(...group.map(({ start }) => start));
    return { reason, count: group.length, first, last: Math.max(...group.map(({ end }) => end)) };
  });
}
