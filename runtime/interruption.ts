import { readFileSync } from "node:fs";

/** Milliseconds between two looks at who called. */
const LOOK = 250;

/** Why a command ends before it is done: nobody waits for it any more. */
export class Interrupted extends Error {
  /** Exit code that says so. */
  readonly code: number;

  constructor(reason: string, code: number) {
    super(`stopped: ${reason}`);
    this.code = code;
  }
}

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Aborted with an {@link Interrupted} when this program is told to end by a signal, when nobody reads its standard error any
 * more, and when whoever called it is gone. For the whole of a program's life, once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = (reason: string, code: number) => controller.abort(new Interrupted(reason, code));
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => stop(signal, code));
  process.stderr.on("error", () => stop("nobody reads what it says", 1));
  const called = callers();
  setInterval(() => {
    if (callers() !== called) stop("whoever started it is gone", 1);
  }, LOOK).unref();
  return controller.signal;
}

/**
 * The process that called and, where the system tells, the one that called that. A plugin outlives a pulumi that was
 * killed by minutes; its commands must not.
 */
function callers(): string {
  const { ppid } = process;
  try {
    const stat = readFileSync(`/proc/${ppid}/stat`, "utf8");
    // The program's name, in brackets, may hold anything.
    const [, grandparent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${ppid} ${grandparent}`;
  } catch {
    return `${ppid}`;
  }
}
