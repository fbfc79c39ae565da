import { sleep } from "../harness/wait.ts";
import type { Stage } from "./stage.ts";

/**
 * Does something while a value is written to Consul four times a second; gives how long no write went through, in seconds, at
 * the most.
 */
export async function whileWriting(
  stage: Stage,
  write: (value: string) => Promise<unknown>,
  action: () => Promise<void>,
): Promise<number> {
  let longest = 0;
  let last = stage.load.seconds;
  let running = true;
  const writer = (async () => {
    while (running) {
      const written = await write(`${last}`).then(
        () => true,
        () => false,
      );
      const now = stage.load.seconds;
      longest = Math.max(longest, now - last);
      if (written) last = now;
      await sleep(0.25);
    }
  })();
  try {
    await action();
  } finally {
    running = false;
    await writer;
  }
  stage.notes.push(`longest time without a write to Consul: ${longest.toFixed(1)} s`);
  return longest;
}
