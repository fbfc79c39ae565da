/** A line about what goes on; straight to the terminal, since jest holds back what goes through the console. */
export function say(text: string): void {
  process.stderr.write(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`);
}

/** Says what a long step does and, when it is done, how long it took. */
export async function step<T>(text: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now();
  say(`${text}…`);
  const result = await action();
  say(`${text}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
