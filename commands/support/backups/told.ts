import type { ServiceSettings } from "../../../config/settings.ts";
import type { BackupPart, Repository } from "../../../lib/backups.ts";
import type { Told } from "../told.ts";

/** File of a backup container that tells what is to be done. */
export const BACKUPS_FILE = "/etc/flotilla/backup.json";

/** Folder for what outlives the container, records and what restic has cached. */
export const BACKUPS_FOLDER = "/var/lib/flotilla";

/** Held by whoever works on the backups of the host. */
export const BACKUPS_LOCK = `${BACKUPS_FOLDER}/lock`;

/** What backups are told. */
export interface BackupsArgs extends Told {
  /** Own name. */
  readonly container: string;
  readonly repository: Repository;
  /** Where that is, for people. */
  readonly target: string;
  /** Of those who come to the target. */
  readonly network: "none" | "bridge";
  readonly parts: readonly BackupPart[];
  /** Those whose copies databases are tried in. */
  readonly services: Readonly<Record<string, Pick<ServiceSettings, "port" | "health" | "stopGrace">>>;
  /** When the newest backups are restored: a pattern as cron has it. */
  readonly verify: string;
  readonly timeZone: string;
}
