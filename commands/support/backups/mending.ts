import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure, say } from "../../../runtime/command.ts";
import { each } from "./parts.ts";
import { back } from "./taking.ts";
import { BACKUPS_FOLDER } from "./told.ts";
import { type BackupWork, messageOf, now } from "./work.ts";

/** Share of all that is kept whose bytes are read again each time that backups are looked through. */
export const READ_AGAIN = "10%";

/** Packs of the repository that can't be read, as far as such a share of them is read. */
export async function brokenIn({ restic, records }: BackupWork, share: string): Promise<readonly string[]> {
  let broken: readonly string[] = [];
  try {
    await restic.run(["check", "--json", `--read-data-subset=${share}`], {
      onMessage: ({ broken_packs }) => {
        broken = broken_packs ?? broken;
      },
    });
    records.change(() => ({ check: { time: now() } }));
  } catch (error) {
    const failure = broken.length > 0 ? `damaged packs: ${broken.length}` : messageOf(error);
    records.change(() => ({ check: { time: now(), failure } }));
    if (broken.length === 0) throw error;
  }
  return broken;
}

/**
 * Takes out what can't be read, after what can of it was saved; backs up again what is still there to be backed up; and then
 * leaves what is not out of older backups, which could not be restored with it.
 */
export async function mend(work: BackupWork, broken: readonly string[]): Promise<void> {
  const { restic, records } = work;
  say(`damaged packs in the repository: ${broken.length}. Look at the disk that it is on. Mending it…`);
  // Restic leaves a copy of each there, of which nobody would make more.
  const copies = mkdtempSync(join(BACKUPS_FOLDER, "damaged-"));
  await restic.run(["repair", "packs", ...broken], { cwd: copies });
  rmSync(copies, { recursive: true });
  const failures = await each(work, [], async (part) => void (await back(work, part, ["--force"])));
  for (const failure of failures.values()) say(failure);
  const { stdout } = await restic.run(["repair", "snapshots", "--forget"]);
  const lost = stdout.split("\n").filter((line) => line.includes("removed missing content")).length;
  records.change(() => ({ damaged: { time: now(), packs: broken.length } }));
  const left = await brokenIn(work, READ_AGAIN);
  if (left.length > 0) throw new CommandFailure(`damaged packs are left in the repository: ${left.length}`);
  say(lost > 0 ? `mended; files that older backups have lost: ${lost}` : "mended; nothing is lost");
}
