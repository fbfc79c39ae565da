/**
 * Restores files of a backup into a folder, with their owners, modes and times, and reads all of it again. Runs in a container
 * that has nothing but the folder and where the backups are.
 */

import { chmodSync, chownSync } from "node:fs";
import { dirname } from "node:path";
import type { Repository } from "../lib/backups.ts";
import { main } from "../runtime/command.ts";
import { Restic } from "./support/backups/restic.ts";

/** What it is told. */
export interface RestoreFilesArgs {
  readonly repository: Repository;
  readonly snapshot: string;
  /** Of the folder or file in the backup. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Folder. */
  readonly target: string;
}

/** Seconds. */
const LONGEST = 24 * 3600;

main<RestoreFilesArgs>(async ({ repository, snapshot, path, isFolder, target }) => {
  const restic = new Restic(repository);
  try {
    const from = isFolder ? path : dirname(path);
    const only = isFolder ? [] : ["--include", path];
    await restic.run([
      "restore",
      "--no-lock",
      `${snapshot}:${from}`,
      "--target",
      target,
      "--verify",
      ...only,
    ]);
    if (isFolder) await asItWas(restic, snapshot, path, target);
  } finally {
    restic.close();
  }
}, LONGEST);

/** Restic restores what is in the folder, not the folder itself. */
async function asItWas(restic: Restic, snapshot: string, path: string, target: string): Promise<void> {
  const { stdout } = await restic.run(["ls", "--json", "--no-lock", snapshot, dirname(path)]);
  for (const line of stdout.split("\n").filter(Boolean)) {
    const { path: found, uid, gid, mode } = JSON.parse(line);
    if (found !== path) continue;
    chownSync(target, uid, gid);
    chmodSync(target, modeOf(mode));
  }
}

/** A file's mode, as Go has it, as the kernel has it. */
function modeOf(mode: number): number {
  const special = [
    [2 ** 23, 0o4000],
    [2 ** 22, 0o2000],
    [2 ** 20, 0o1000],
  ] as const;
  return special.reduce((sum, [go, own]) => sum + (mode & go ? own : 0), mode & 0o777);
}
