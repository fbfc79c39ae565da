import { closeSync } from "node:fs";

/** Lets the next set-up on this machine go on, which setup/run has kept waiting. */
export function letOthersIn(): void {
  const lock = process.env.FLOTILLA_SET_UP_LOCK;
  if (lock !== undefined) closeSync(Number(lock));
  delete process.env.FLOTILLA_SET_UP_LOCK;
}
