import { execFileSync } from "node:child_process";
import { globSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { commandLine } from "../processes.ts";
import { say } from "../say.ts";
import { sleep } from "../wait.ts";

// What is left of a Docker daemon that did not end in order.

/** Processes that have a text, such as a folder, in their arguments. */
export function processesUsing(text: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && commandLine(pid).includes(text));
}

/** What a shim holds: the first process of its container. */
export function containersOf(pid: number): number[] {
  if (!/containerd-shim/.test(commandLine(pid))) return [];
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", `${pid}`], { encoding: "utf8" });
  return children.split("\n").filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was quicker.
  }
}

/** Kills what is found until there is no more, and waits until all of it is gone. */
export async function killAll(find: () => number[]): Promise<void> {
  let victims = find();
  // On a busy machine to find them takes longer than to kill them.
  const deadline = Date.now() + 10_000;
  while (victims.length > 0) {
    for (const pid of victims) kill(pid);
    if (Date.now() > deadline) throw new Error(`processes ${victims.join(", ")} can't be killed`);
    await sleep(0.05);
    // Those that nobody has buried have no arguments any more.
    victims = [...new Set([...victims.filter((pid) => commandLine(pid) !== ""), ...find()])];
  }
}

/** The control groups of containers that were killed together with what would have put them in order: of the daemons in a folder. */
export function removeControlGroups(folder: string): void {
  for (const container of globSync("{,*/}data/containers/*", { cwd: folder })) {
    for (const group of globSync(`/sys/fs/cgroup/{,*/}docker/${basename(container)}`)) {
      try {
        rmdirSync(group);
      } catch {
        // Its last process is just going; an empty group more does no harm.
      }
    }
  }
}

/** With whatever is mounted in it. */
export async function removeFolder(folder: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    unmount(folder);
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      // A process that was just killed may hold a mount a moment longer.
      await sleep(0.2);
    }
  }
  say(`could not remove ${folder}`);
}

export function unmount(folder: string): void {
  for (const mount of mountsIn(folder)) execFileSync("umount", ["--lazy", mount]);
}

/** Mount points below a folder, the deepest first. */
function mountsIn(folder: string): string[] {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse();
}
