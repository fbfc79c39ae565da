import { repositoryOfOther } from "../../../lib/backups.ts";
import { DockerEngine } from "../../../runtime/docker.ts";
import { EngineSocket } from "../../../runtime/engine-socket.ts";
import { RecordsFile } from "./records.ts";
import { Restic } from "./restic.ts";
import { Restoring } from "./restoring.ts";
import { BACKUPS_FOLDER, type BackupsArgs } from "./told.ts";

/** What a host's backups are worked on with. Close its `restic` when done. */
export interface BackupWork {
  readonly args: BackupsArgs;
  readonly restic: Restic;
  readonly records: RecordsFile;
  readonly engine: DockerEngine;
  readonly restoring: Restoring;
  /** Host whose backups they are, as restic knows it. */
  readonly owner: string;
}

/** @param from the host whose backups they are */
export function backupWork(args: BackupsArgs, from: string): BackupWork {
  const repository = repositoryOfOther(args.repository, { ...args, other: from });
  const engine = new DockerEngine("unix:///var/run/docker.sock");
  const restic = new Restic(repository, { cache: `${BACKUPS_FOLDER}/cache` });
  return {
    args,
    restic,
    records: new RecordsFile(`${BACKUPS_FOLDER}/records.json`),
    engine,
    restoring: new Restoring({ args, engine, restic, repository, api: new EngineSocket() }),
    owner: `${args.stack}/${from}`,
  };
}

/** Whether there has been a repository at this target: at another one, a new one may be made. */
export function hasRepository({ records, args }: BackupWork): boolean {
  return records.read().target === args.target;
}

export const now = () => new Date().toISOString();
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
export const secondsSince = (start: number) => ((performance.now() - start) / 1000).toFixed(1);
