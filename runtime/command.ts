import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { deadlineSignal, OutOfTime, pause, rounded, secondsLeft, withDeadline } from "./deadline.ts";
import { Interrupted, interruption } from "./interruption.ts";
import { said, say } from "./say.ts";

export { say } from "./say.ts";

/** A failure that the user can act on: only its message is shown. */
export class CommandFailure extends Error {}

/** Seconds that a command gets where it says nothing of its own. */
const LIMIT = 300;

/** Seconds that a look which is under way gets, beside the time for looking. */
const LAST_LOOK = 10;

/** Milliseconds of a look that did not get far. */
const HARDLY = 1000;

/** Seconds for whoever reads what a command says. */
const READER = 5;

/**
 * Runs one of the commands that `pulumi up` calls: reads its arguments as JSON from standard input (never from the
 * command line or the environment, since tokens are among them) and turns a failure into one message and exit code 1.
 * After so many seconds in all the command is over, with whatever it has started; likewise, within one, when it is told
 * to end, when nobody reads what it says, and when whoever called it is gone.
 */
export async function main<T>(
  command: (args: T) => Promise<void>,
  seconds: number | ((args: T) => number) = LIMIT,
): Promise<void> {
  const interrupted = interruption();
  let code = 0;
  try {
    const args = JSON.parse(await withDeadline(LIMIT, () => text(process.stdin), interrupted)) as T;
    const limit = typeof seconds === "number" ? seconds : seconds(args);
    await withDeadline(limit, () => command(args), interrupted);
  } catch (error) {
    const cause = interrupted.aborted ? interrupted.reason : error;
    code = cause instanceof Interrupted ? cause.code : 1;
    say(cause instanceof Error ? cause.message : String(cause));
  }
  // Whoever reads slowly gets it all; connections that are still open must not keep the update waiting.
  await Promise.race([said(), sleep(READER * 1000)]);
  process.exit(code);
}

/**
 * Repeats `look` until it returns something other than undefined, or gives up after `seconds`, returning undefined.
 * An error of `look` counts as "not yet".
 */
export async function until<T>(
  seconds: number,
  look: () => Promise<T | undefined>,
  every = 200,
): Promise<T | undefined> {
  return within(seconds, "", async () => (await look()) ?? notYet(), every).catch(() => undefined);
}

/**
 * Repeats `look` until it succeeds, and returns what it returned. After `seconds` throws a {@link CommandFailure} that
 * says `complaint`, unless that is empty, and the last reason, which is the message of what `look` threw. A look that is
 * under way by then gets 10 s more, and is ended.
 */
export async function within<T>(
  seconds: number,
  complaint: string,
  look: () => Promise<T>,
  every = 200,
): Promise<T> {
  const start = performance.now();
  const granted = Math.min(seconds, secondsLeft());
  const failure = (error: unknown) => {
    const passed = (performance.now() - start) / 1000;
    const head = complaint && `${complaint} after ${rounded(passed < granted + 1 ? granted : passed)} s: `;
    return new CommandFailure(`${head}${(error as Error).message}`);
  };
  let last: unknown;
  const looking = async () => {
    for (;;) {
      const began = performance.now();
      try {
        return await look();
      } catch (error) {
        // One that was hardly begun when the time ran out has nothing to tell.
        const cut = deadlineSignal()?.aborted && performance.now() - began < HARDLY;
        last = cut ? (last ?? error) : error;
      }
      if (performance.now() >= start + granted * 1000) throw failure(last);
      await pause(every);
    }
  };
  return withDeadline(seconds + LAST_LOOK, looking).catch((error) => {
    throw error instanceof OutOfTime ? failure(last ?? error) : error;
  });
}

/** Says "not yet" to {@link within}, and why. */
export function notYet(reason = "not yet"): never {
  throw new Error(reason);
}
