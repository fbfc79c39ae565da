import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { say } from "../say.ts";
import { sleep } from "../wait.ts";
import { commandLine, Daemon } from "./daemon.ts";
import { createNamespace, namespaces, processesIn, removeNamespace } from "./namespace.ts";

/** Everything that a run makes carries this name and the run's process id, so that it is known from all else. */
const prefix = "flotilla-run-";
export const nameOf = (id: number) => `${prefix}${id}`;
const named = new RegExp(`^${prefix}(\\d+)(-|$)`);

/** Where the folders go: overlay2 needs a real file system, which /tmp may not be. */
const parent = "/var/tmp";

/** A folder for one run. It is made first and removed last, so that a crashed run is known by it. */
export function makeFolder(id: number): string {
  return mkdtempSync(join(parent, `${nameOf(id)}-`));
}

/** A Docker daemon of the run's own, in a network namespace of its own. Not started yet. */
export function makeDaemon(id: number, folder: string): Daemon {
  const { mtu } = createNamespace(nameOf(id), id);
  const daemon = new Daemon(folder, nameOf(id));
  daemon.configure(mtu);
  return daemon;
}

/** Ends all that a daemon runs in its folder, itself too, at one blow, as when the power fails. */
export function powerOff({ folder }: Daemon): void {
  const all = processesUsing(folder);
  for (const pid of [...all, ...all.flatMap(containersOf)]) kill(pid);
  // Of processes that are no more.
  for (const file of ["docker.pid", "exec/containerd/containerd.pid"])
    rmSync(join(folder, file), { force: true });
}

/** Whether this user and machine can have a daemon of their own. */
export function mayHaveDaemon(): boolean {
  if (process.getuid?.() !== 0) return false;
  const probe = `${prefix}probe-${process.pid}`;
  try {
    for (const program of ["dockerd", "nsenter", "iptables"]) execFileSync("which", [program]);
    execFileSync("ip", ["netns", "add", probe], { stdio: "pipe" });
    execFileSync("ip", ["netns", "delete", probe], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** Takes away all that a run made, whether it ended well or not, in whatever state it is. */
export async function removeRun(id: number): Promise<void> {
  const folders = foldersOf(id);
  if (mayHaveDaemon()) await removeDaemon(id, folders);
  for (const folder of folders) await removeFolder(folder);
}

/** Runs of this user whose process is gone but whose things are not. */
export function crashedRuns(): number[] {
  const names = readdirSync(parent).filter(isMine);
  const ids = names.flatMap((name) => named.exec(name)?.[1] ?? []).map(Number);
  return [...new Set(ids)].filter((id) => !/(e2e|drill|bench)\/run\.ts/.test(commandLine(id)));
}

function foldersOf(id: number): string[] {
  const names = readdirSync(parent).filter(isMine);
  return names.filter((name) => Number(named.exec(name)?.[1]) === id).map((name) => join(parent, name));
}

function isMine(name: string): boolean {
  return statSync(join(parent, name), { throwIfNoEntry: false })?.uid === process.getuid?.();
}

async function removeDaemon(id: number, folders: string[]): Promise<void> {
  for (const folder of folders) {
    await new Daemon(folder, nameOf(id)).stop().catch((error: Error) => say(error.message));
  }
  // Where the daemon was killed, what it started is still there: the containers hang on their shims.
  const rest = [
    ...processesIn(nameOf(id)).filter((pid) => pid !== process.pid),
    ...folders.flatMap(processesUsing),
  ];
  for (const pid of [...rest.flatMap(containersOf), ...rest]) kill(pid);
  // Those of hosts that hang off the run's own have folders in its.
  for (const folder of folders.flatMap((folder) => [folder, ...globSync(`${folder}/*/`)]))
    removeControlGroups(folder);
  // Those that hang off the run's own go with their cables.
  for (const name of namespaces().filter((name) => name.startsWith(`${nameOf(id)}-`)))
    removeNamespace(name, id);
  removeNamespace(nameOf(id), id);
}

function processesUsing(folder: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== process.pid && commandLine(pid).includes(folder));
}

function containersOf(pid: number): number[] {
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

/** The control groups of containers that were killed together with what would have put them in order. */
function removeControlGroups(folder: string): void {
  for (const container of globSync("*", { cwd: join(folder, "data/containers") })) {
    for (const group of globSync(`/sys/fs/cgroup/{,*/}docker/${container}`)) {
      try {
        rmdirSync(group);
      } catch {
        // Its last process is just going; an empty group more does no harm.
      }
    }
  }
}

async function removeFolder(folder: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    for (const mount of mountsIn(folder)) execFileSync("umount", ["--lazy", mount]);
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      // A process that was just killed may hold a mount a moment longer.
      await sleep(0.2);
    }
  }
  say(`could not remove ${folder}`);
}

/** Mount points below a folder, the deepest first. */
function mountsIn(folder: string): string[] {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse();
}
