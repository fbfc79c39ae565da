import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../processes.ts";
import { say } from "../say.ts";
import { Daemon } from "./daemon.ts";
import { createNamespace, namespaces, processesIn, removeNamespace } from "./namespace.ts";
import { containersOf, killAll, processesUsing, removeControlGroups, removeFolder } from "./remains.ts";

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
  const { mtu } = createNamespace(nameOf(id));
  const daemon = new Daemon(folder, nameOf(id));
  daemon.configure(mtu);
  return daemon;
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
  // Those of other hosts hang off the run's own, and have their daemons' folders in the run's.
  const others = namespaces().filter((name) => name.startsWith(`${nameOf(id)}-`));
  const names = [...others, nameOf(id)];
  // Where a daemon was killed, what it started is still there: the containers hang on their shims.
  const rest = () => {
    const inside = names.flatMap(processesIn).filter((pid) => pid !== process.pid);
    const texts = [...folders, ...names.map((name) => ` -namespace ${name} `)];
    return [...inside, ...texts.flatMap(processesUsing)];
  };
  await killAll(() => rest().flatMap((pid) => [...containersOf(pid), pid])).catch((error: Error) =>
    say(error.message),
  );
  for (const folder of folders) removeControlGroups(folder);
  for (const name of names) removeNamespace(name);
}
