import { readFileSync } from "node:fs";
import type { Outcome, PartRecord } from "../../../lib/backups.ts";
import { replaceFile } from "../../../runtime/replace-file.ts";

/** What a host writes down of its backups. What restic keeps is the truth of what there is; this tells what came of the tries. */
export interface BackupRecords {
  /** The target at which there has been a repository. */
  readonly target?: string;
  readonly parts: Readonly<Record<string, PartRecord>>;
  /** Of looking through the repository. */
  readonly check?: Outcome;
  /** When damaged packs were last found in the repository and mended, in ISO format, and how many. */
  readonly damaged?: { readonly time: string; readonly packs: number };
  /** Parts whose service has been told to hold still, and not yet to go on. */
  readonly held: readonly string[];
  /** Volumes that are being filled. */
  readonly unfinished: readonly string[];
}

const nothing: BackupRecords = { parts: {}, held: [], unfinished: [] };

/** The records of a host, in a file. Only who has the lock of the backups writes there. */
export class RecordsFile {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  read(): BackupRecords {
    try {
      return { ...nothing, ...JSON.parse(readFileSync(this.#file, "utf8")) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return nothing;
      throw error;
    }
  }

  /** Writes what a change makes of them, all or nothing. */
  change(change: (records: BackupRecords) => Partial<BackupRecords>): void {
    const records = this.read();
    replaceFile(this.#file, JSON.stringify({ ...records, ...change(records) }));
  }

  /** Changes what is written down of a part. */
  changePart(name: string, change: Partial<PartRecord>): void {
    this.change(({ parts }) => {
      const since = new Date().toISOString();
      return { parts: { ...parts, [name]: { since, ...parts[name], ...change } } };
    });
  }
}
