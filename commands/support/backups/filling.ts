import type { BackupPart, Snapshot } from "../../../lib/backups.ts";
import { labelFlags, labels } from "../../../lib/names.ts";
import type { BackupWork } from "./work.ts";

/** Has a new volume filled with a backup, and something done with it. One that is not filled is taken away. */
export async function filled(
  work: BackupWork,
  volume: string,
  part: BackupPart,
  snapshot: Snapshot,
  use: () => Promise<void>,
): Promise<void> {
  const { args, engine, records, restoring } = work;
  const { stack, host } = args;
  const marks = labelFlags(labels({ stack, host, role: "volumes" }));
  records.change(({ unfinished }) => ({ unfinished: [...unfinished, volume] }));
  try {
    await engine.docker("volume", "create", ...marks, volume);
    await restoring.fill(volume, part, snapshot);
    await use();
  } catch (error) {
    await discard(work, volume);
    throw error;
  }
  noMoreWith(work, volume);
}

/** Takes a volume away that was being filled. */
export async function discard(work: BackupWork, volume: string): Promise<void> {
  await work.engine.docker("volume", "rm", "--force", volume);
  noMoreWith(work, volume);
}

function noMoreWith({ records }: BackupWork, volume: string): void {
  records.change(({ unfinished }) => ({ unfinished: unfinished.filter((one) => one !== volume) }));
}
