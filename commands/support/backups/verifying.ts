import type { BackupPart } from "../../../lib/backups.ts";
import { say } from "../../../runtime/command.ts";
import { discard, filled } from "./filling.ts";
import { find } from "./listing.ts";
import { brokenIn, mend, READ_AGAIN } from "./mending.ts";
import { each, throwAll } from "./parts.ts";
import { type BackupWork, messageOf, now, secondsSince } from "./work.ts";

/**
 * Restores the newest backup of each part, all where none is named, and looks through what is kept. What is damaged is mended,
 * as far as it can be.
 */
export async function verify(work: BackupWork, names: readonly string[]): Promise<void> {
  let failures = await tryOutEach(work, names);
  const broken = await brokenIn(work, failures.size > 0 ? "100%" : READ_AGAIN);
  if (broken.length > 0) {
    await mend(work, broken);
    if (failures.size > 0) failures = await tryOutEach(work, [...failures.keys()]);
  }
  throwAll(failures);
}

function tryOutEach(work: BackupWork, names: readonly string[]): Promise<Map<string, string>> {
  return each(work, names, async (part) => {
    try {
      await tryOut(work, part);
    } catch (error) {
      work.records.changePart(part.name, { verification: { time: now(), failure: messageOf(error) } });
      throw error;
    }
  });
}

async function tryOut(work: BackupWork, part: BackupPart): Promise<void> {
  const { args, records, restoring } = work;
  const start = performance.now();
  const snapshot = await find(work, part);
  const volume = `${args.stack}--scratch--${part.name}`;
  await discard(work, volume);
  await filled(work, volume, part, snapshot, async () => {
    await restoring.look(volume, part);
    const time = now();
    records.changePart(part.name, {
      verification: { time },
      verified: { time, snapshot: snapshot.id },
    });
    await discard(work, volume);
  });
  say(
    `${part.name}: ${snapshot.id.slice(0, 8)} of ${snapshot.time} restored, and whole (${secondsSince(start)} s)`,
  );
}
