import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds that work gets to say itself what it waited for, when its time is over. */
const LAST_WORDS = 300;

/** The longest that a timer takes. */
const LONGEST = 2 ** 31 - 1;

interface Deadline {
  /** By the clock of `performance.now()`. */
  readonly end: number;
  /** Aborted at the end, or earlier, when the whole program is to end. */
  readonly signal: AbortSignal;
}

const current = new AsyncLocalStorage<Deadline>();

/** Why work is over before it was done: its time is. */
export class OutOfTime extends Error {
  constructor(seconds: number) {
    super(`no answer for ${rounded(seconds)} s`);
  }
}

/**
 * Runs work that gets so many seconds, or fewer where less is left of what surrounds it. Every program, request and pause
 * that it starts, however deep below, ends with that time: nobody need be handed it. Rejects with {@link OutOfTime} where
 * the work itself does not say what it waited for; or with the reason of `interruption`, which ends it before its time.
 */
export async function withDeadline<T>(
  seconds: number,
  work: () => Promise<T>,
  interruption?: AbortSignal,
): Promise<T> {
  const granted = Math.min(seconds, secondsLeft());
  const time = new AbortController();
  const timer = setTimeout(
    () => time.abort(new OutOfTime(granted)),
    Math.min(Math.max(0, granted * 1000), LONGEST),
  );
  const outer = current.getStore()?.signal;
  const signal = AbortSignal.any([time.signal, outer, interruption].filter((each) => each !== undefined));
  const over = new AbortController();
  const end = performance.now() + granted * 1000;
  try {
    return await Promise.race([current.run({ end, signal }, work), aborted(signal, over.signal)]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** Ends what is being started with the time that it has; undefined where nothing limits it. */
export function deadlineSignal(): AbortSignal | undefined {
  return current.getStore()?.signal;
}

/** Seconds that are left; Infinity where nothing limits them, 0 when they are over. */
export function secondsLeft(): number {
  const { end = Number.POSITIVE_INFINITY } = current.getStore() ?? {};
  return Math.max(0, (end - performance.now()) / 1000);
}

/** A pause, which ends with an error as soon as the time does. */
export async function pause(milliseconds: number): Promise<void> {
  const signal = deadlineSignal();
  await sleep(milliseconds, undefined, { signal }).catch(() => {
    throw signal?.reason;
  });
}

/** Seconds as people read them. */
export const rounded = (seconds: number) =>
  seconds < 1 ? Math.round(seconds * 10) / 10 : Math.round(seconds);

/** Rejects a moment after the signal, with its reason; is left hanging when it is not wanted any more. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => setTimeout(() => reject(signal.reason), LAST_WORDS);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true, signal: over });
  });
}
