export const sleep = (seconds: number) => new Promise<void>((wake) => setTimeout(wake, seconds * 1000));

/**
 * Looks again and again until `look` no longer throws, and gives what it returned. An expectation makes a good look:
 * when the time is over, the last one's message tells what was seen instead.
 */
export async function within<T>(seconds: number, what: string, look: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > deadline) {
        const last = error instanceof Error ? error.message : String(error);
        throw new Error(`Not within ${seconds} s: ${what}. Last seen:\n${last}`, { cause: error });
      }
    }
    await sleep(0.1);
  }
}

/** What an action gave, and how many seconds it took. */
export async function timed<T>(action: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const start = performance.now();
  const result = await action();
  return { result, seconds: (performance.now() - start) / 1000 };
}
