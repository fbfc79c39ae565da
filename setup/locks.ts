import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { say } from "./say.ts";
import { project, stateFolder } from "./state.ts";

/** Whose lock it is, as Pulumi writes it down. */
interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

/** Takes away the locks of a stack whose runs of Pulumi were killed. What another machine holds stays. */
export function clearDeadLocks(stack: string): void {
  const state = stateFolder();
  if (state === undefined) return;
  const folder = join(state, "locks", "organization", project, stack);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const file = join(folder, name);
    const lock = read(file);
    if (!lock || lock.hostname !== hostname() || isRunning(lock.pid)) continue;
    rmSync(file, { force: true });
    rmSync(`${file}.attrs`, { force: true });
    say("stack", `took away the lock of a run that was killed (process ${lock.pid})`);
  }
}

/** Undefined where its run has just taken it away, or not yet written all of it. */
function read(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether the process is there, and is Pulumi: numbers are given out again. */
function isRunning(pid: number): boolean {
  if (process.platform === "linux") return commandOf(pid).startsWith("pulumi");
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return "";
  }
}
