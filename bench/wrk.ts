import { availableParallelism } from "node:os";
import { run } from "../runtime/program.ts";
import { onPath } from "../setup/places.ts";

/** What the load generator saw. */
export interface Traffic {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were no success, and errors of sockets. */
  readonly failures: number;
  /** CPU seconds that it took itself. */
  readonly cpuSeconds: number;
}

export const haveWrk = () => onPath("wrk") !== undefined;

/** As many requests as go through in so many seconds, over so many connections that are kept. */
export async function load(url: string, seconds: number, connections: number): Promise<Traffic> {
  const command = wrk(url, seconds, connections).join(" ");
  return parseWrk(await run("bash", ["-c", `TIMEFORMAT='cpu %U %S'; { time ${command}; } 2>&1`]));
}

/** One thread, so that at least the rest of the machine is left to those who are measured. */
export const wrk = (url: string, seconds: number, connections: number) => [
  ...["wrk", "--threads", "1", "--connections", `${connections}`],
  ...["--duration", `${seconds}s`, "--latency", url],
];

/** Reads what wrk prints with --latency, and the line of bash's `time`. */
export function parseWrk(text: string): Traffic {
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1]);
  const errors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(text) ?? [];
  return {
    perSecond: number(/^Requests\/sec:\s+([\d.]+)/m),
    p50: milliseconds(/^\s+50%\s+(\S+)/m.exec(text)?.[1]),
    p99: milliseconds(/^\s+99%\s+(\S+)/m.exec(text)?.[1]),
    failures: errors.reduce((sum, count) => sum + Number(count), number(/responses: (\d+)/) || 0),
    cpuSeconds: Number(user) + Number(system),
  };
}

function milliseconds(text = ""): number {
  const [, value, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  return Number(value) * { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit as "ms"];
}

/** The share of the whole machine that so many CPU seconds are. */
export const shareOfMachine = (cpuSeconds: number, seconds: number) =>
  cpuSeconds / (seconds * availableParallelism());
