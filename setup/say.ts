import colors from "picocolors";

/** One line of progress, on stderr: stdout is for results, such as what `env` prints for `eval`. */
export function say(topic: string, text: string): void {
  process.stderr.write(`${colors.bold(`${topic}:`)} ${text}\n`);
}

/** Announces a step, does it, and says how it ended and how long it took. */
export async function step<T>(
  topic: string,
  doing: string,
  work: () => Promise<T>,
  done: string,
): Promise<T> {
  say(topic, `${doing}…`);
  const result = await timed(work);
  say(topic, `${done}${result.took}`);
  return result.value;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; took: string }> {
  const start = performance.now();
  const value = await work();
  return { value, took: seconds(performance.now() - start) };
}

/** ` (12 s)`, or nothing for what took less than a second. */
export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? "" : ` (${Math.round(milliseconds / 1000)} s)`;
}

/** What set-up can't do by itself: what is wrong, and what the user can do about it. Printed without a stack. */
export class SetupError extends Error {
  constructor(problem: string, ...advice: string[]) {
    super([problem, ...advice.filter(Boolean).map((line) => `  ${line}`)].join("\n"));
  }
}
