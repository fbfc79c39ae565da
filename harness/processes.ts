import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Processes, dead ones that nobody has buried left out, that were started with a variable ("NAME=value") in their environment. */
export function processesWith(variable: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => environmentOf(pid).includes(variable));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    // It is gone, or somebody else's.
    return [];
  }
}

/** Arguments of a process, joined by spaces; empty when there is no such process. */
export function commandLine(pid: number): string {
  if (!existsSync("/proc/self"))
    return spawnSync("ps", ["-o", "args=", "-p", `${pid}`], { encoding: "utf8" }).stdout;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
