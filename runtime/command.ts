import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** A failure that the user can act on: only its message is shown. */
export class CommandFailure extends Error {}

/**
 * Runs one of the commands that `pulumi up` calls: reads its arguments as JSON from standard input (never from the
 * command line or the environment, since tokens are among them) and turns a failure into one message and exit code 1.
 */
export async function main<T>(command: (args: T) => Promise<void>): Promise<void> {
  try {
    await command(JSON.parse(await text(process.stdin)) as T);
    // Connections that are still open must not keep the update waiting.
    process.exit(0);
  } catch (error) {
    say(error instanceof CommandFailure ? error.message : `${(error as Error).message ?? error}`);
    process.exit(1);
  }
}

/** A line for the user; Pulumi shows it as it comes. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
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
 * says `complaint` and the last reason, which is the message of what `look` threw.
 */
export async function within<T>(
  seconds: number,
  complaint: string,
  look: () => Promise<T>,
  every = 200,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() >= end) {
        throw new CommandFailure(`${complaint} after ${seconds} s: ${(error as Error).message}`);
      }
    }
    await sleep(every);
  }
}

/** Says "not yet" to {@link within}, and why. */
export function notYet(reason = "not yet"): never {
  throw new Error(reason);
}
