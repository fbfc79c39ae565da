import type { BackupPart, Snapshot } from "../../../lib/backups.ts";
import { CommandFailure } from "../../../runtime/command.ts";
import type { BackupRecords } from "./records.ts";
import type { BackupsArgs } from "./told.ts";
import { type BackupWork, hasRepository, messageOf } from "./work.ts";

/** What `list` prints, as JSON. */
export interface BackupList extends Pick<BackupsArgs, "parts" | "verify" | "timeZone"> {
  /** By part. */
  readonly snapshots: Readonly<Record<string, readonly Snapshot[]>>;
  readonly records: BackupRecords;
  /** Why nothing is known of what there is. */
  readonly failure?: string;
}

/** All that there is, with what came of the tries. */
export async function list(work: BackupWork): Promise<BackupList> {
  const { args, restic, owner } = work;
  const { parts, verify, timeZone } = args;
  const records = work.records.read();
  const known = { parts, verify, timeZone, records };
  if (!hasRepository(work)) return { ...known, snapshots: {} };
  try {
    return { ...known, snapshots: Object.fromEntries(await restic.snapshots(owner)) };
  } catch (error) {
    return { ...known, snapshots: {}, failure: messageOf(error) };
  }
}

/** The newest backup of a part, or the last one until some time; throws where there is none. */
export async function find(
  { restic, owner }: BackupWork,
  { name }: BackupPart,
  until?: string,
): Promise<Snapshot> {
  const all = (await restic.snapshots(owner)).get(name) ?? [];
  const last = until === undefined ? undefined : new Date(until);
  const found = last ? all.findLast(({ time }) => new Date(time) <= last) : all.at(-1);
  if (found) return found;
  const [first] = all;
  if (first === undefined) throw new CommandFailure(`there is no backup of ${name} yet`);
  throw new CommandFailure(`there is no backup of ${name} until ${until}: the first one is of ${first.time}`);
}
