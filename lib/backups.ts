import type {
  BackupItem,
  BackupSettings,
  BackupTarget,
  HostSettings,
  KeepSettings,
  Settings,
} from "../config/settings.ts";
import { inDataCentre } from "./data-centres.ts";
import { lastRun } from "./schedule.ts";
import { mostOn } from "./shares.ts";
import { dockerVolume } from "./volumes.ts";

/** Folder of a backup container in which the target is mounted, where that is one of the host's or of an NFS server's. */
export const TARGET = "/target";

/** Folder in which each thing that is backed up is mounted by its name. */
export const DATA = "/data";

/** Where a host's backups are, in restic's words. */
export interface Repository {
  readonly location: string;
  /** Secret, all of it: the environment of restic. */
  readonly env: Readonly<Record<string, string>>;
  /** How SSH gets there: with a private key, and to a server that has a known one. */
  readonly ssh?: { readonly key: string; readonly knownHost: string };
}

/** Each host has a repository of its own: nobody else writes there, so that locks that are found there are its own. */
export function repositoryOf(
  { target, password }: Pick<BackupSettings, "target" | "password">,
  { stack, host }: { readonly stack: string; readonly host: string },
): Repository {
  const env = { RESTIC_PASSWORD: password };
  const own = `${stack}/${host}`;
  if (target.kind === "s3") {
    const { endpoint, bucket, prefix, region, accessKey, secretKey } = target;
    const path = [bucket, ...(prefix ? [prefix] : []), own].join("/");
    const keys = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
    return {
      location: `s3:${endpoint}/${path}`,
      env: { ...env, ...keys, ...(region && { AWS_DEFAULT_REGION: region }) },
    };
  }
  if (target.kind === "sftp") {
    const { host: server, port, user, path, key, hostKey } = target;
    const name = port === 22 ? server : `[${server}]:${port}`;
    return {
      location: `sftp://${user}@${server.includes(":") ? `[${server}]` : server}:${port}/${path}/${own}`,
      env,
      ssh: { key: key.endsWith("\n") ? key : `${key}\n`, knownHost: `${name} ${hostKey}\n` },
    };
  }
  return { location: `${TARGET}/${own}`, env };
}

/** Where backups are kept, for people, and to know whether that is where they were. */
export function targetText(target: BackupTarget): string {
  if (target.kind === "folder") return `folder ${target.path}`;
  if (target.kind === "nfs") return `NFS server ${target.server}, ${target.path}`;
  if (target.kind === "s3")
    return `${target.endpoint}, ${[target.bucket, ...(target.prefix ? [target.prefix] : [])].join("/")}`;
  return `${target.host}:${target.port}, ${target.path}`;
}

/** The repository of another host at the same target. */
export const repositoryOfOther = (
  repository: Repository,
  { stack, host, other }: { readonly stack: string; readonly host: string; readonly other: string },
): Repository => ({
  ...repository,
  location: `${repository.location.slice(0, -`${stack}/${host}`.length)}${stack}/${other}`,
});

/** One thing that a host backs up. */
export interface BackupPart {
  /** Of the item; of copies that have a volume each, with the copy's number: `cache.2`. */
  readonly name: string;
  readonly kind: "files" | "dump" | "consul";
  readonly schedule: string;
  readonly keep: KeepSettings;
  /** Whose copies have it. */
  readonly service?: string;
  /** Volume of the host, or folder of it where it begins with a slash. */
  readonly source?: string;
  readonly dump?: readonly string[];
  readonly load?: readonly string[];
  readonly verify?: readonly string[];
  readonly quiesce?: BackupItem["quiesce"];
}

/** What a host backs up. Consul's data, and what an NFS server has, are backed up by the first host that has them. */
export function partsOn(
  settings: Pick<Settings, "stack" | "hosts" | "services" | "backups">,
  host: HostSettings,
): BackupPart[] {
  const { stack, hosts, services, backups } = settings;
  return (backups?.items ?? []).flatMap((item): BackupPart[] => {
    const { of, ...rest } = item;
    const active = hosts.filter(({ state }) => state !== "away");
    if (of === undefined) {
      const [first] = inDataCentre(active, host.datacenter);
      return first?.key === host.key ? [{ ...rest, kind: "consul" }] : [];
    }
    const service = services.find(({ name }) => name === of.service);
    const volume = service?.volumes.find(({ name, owner }) => name === of.volume && owner === undefined);
    if (!service?.hosts.includes(host.key) || volume === undefined) return [];
    const first = active.find(({ key }) => service.hosts.includes(key));
    if (volume.kind === "nfs" && first?.key !== host.key) return [];
    const kind = item.dump ? "dump" : "files";
    const numbers = volume.perReplica ? mostOn(service, host, hosts) : 1;
    return Array.from({ length: numbers }, (_, index) => ({
      ...rest,
      kind,
      name: volume.perReplica ? `${item.name}.${index + 1}` : item.name,
      service: of.service,
      source: dockerVolume(stack, volume, index + 1)?.name ?? volume.source ?? "",
    }));
  });
}

/** What restic is told of what to keep. */
export function keepArgs(keep: KeepSettings): string[] {
  return Object.entries(keep).flatMap(([name, count]) =>
    count > 0 ? [`--keep-${name}`, String(count)] : [],
  );
}

/** A backup that there is. */
export interface Snapshot {
  readonly id: string;
  /** In ISO format. */
  readonly time: string;
  /** Bytes that it would take if restored. */
  readonly size: number;
}

/** How something that was tried has ended. */
export interface Outcome {
  /** When it ended, in ISO format. */
  readonly time: string;
  /** Why it failed; absent where it did not. */
  readonly failure?: string;
}

/** What is written down of a part. */
export interface PartRecord {
  /** When it was first heard of, in ISO format. */
  readonly since: string;
  readonly backup?: Outcome;
  /** Of restoring a backup to see whether that works. */
  readonly verification?: Outcome;
  /** When a backup was last restored and found whole, in ISO format, and which one. */
  readonly verified?: { readonly time: string; readonly snapshot: string };
}

/** What is wrong with a part's backups: nothing where the list is empty. */
export function faultsOf(
  { schedule }: Pick<BackupPart, "schedule">,
  snapshots: readonly Snapshot[],
  record: PartRecord | undefined,
  { verify, timeZone, now }: { readonly verify: string; readonly timeZone: string; readonly now: Date },
): string[] {
  const newest = snapshots.at(-1);
  const { backup, verification, verified } = record ?? {};
  return [
    ...(backup?.failure ? [`the last one failed: ${backup.failure}`] : []),
    ...(newest === undefined ? ["there is none yet"] : []),
    ...(newest && isOverdue(newest.time, { pattern: schedule, timeZone }, now) ? ["stale"] : []),
    ...(newest && verification?.failure ? [`restoring it failed: ${verification.failure}`] : []),
    ...(newest && !verified && !verification?.failure ? ["never restored yet"] : []),
    ...(verified && isOverdue(verified.time, { pattern: verify, timeZone }, now)
      ? ["not restored for long"]
      : []),
  ];
}

/** Whether something was last done before the last time but one that it was due: one that is under way is not late yet. */
function isOverdue(done: string, schedule: Parameters<typeof lastRun>[0], now: Date): boolean {
  const last = lastRun(schedule, now);
  const before = last && lastRun(schedule, new Date(last.getTime() - 1));
  return before !== undefined && new Date(done) < before;
}

/** Whether a part should have been backed up while nobody was there to do so. */
export function isMissed(
  { schedule }: Pick<BackupPart, "schedule">,
  { since, backup }: PartRecord,
  timeZone: string,
  now: Date,
): boolean {
  const due = lastRun({ pattern: schedule, timeZone }, now);
  return due !== undefined && due > new Date(backup?.time ?? since);
}
