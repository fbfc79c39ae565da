import * as pulumi from "@pulumi/pulumi";
import { BACKUPS_FOLDER, type BackupsArgs as Told } from "../commands/support/backups/told.ts";
import type { BackupSettings, ServiceSettings } from "../config/settings.ts";
import { type BackupPart, DATA, repositoryOf, TARGET, targetText } from "../lib/backups.ts";
import { attendantName, backupTargetName, dataVolumeName, joined } from "../lib/names.ts";
import { nfsVolume } from "../lib/volumes.ts";
import { type AttendantArgs, attendant } from "./attendant.ts";
import type { Credentials } from "./credentials.ts";
import type * as docker from "./docker.ts";
import { namedVolume } from "./named-volume.ts";

/** Arguments for {@link Backup}. */
export interface BackupArgs extends Pick<AttendantArgs<Told>, "stack" | "host" | "image" | "agent"> {
  readonly backups: BackupSettings;
  /** What the host backs up. */
  readonly parts: readonly BackupPart[];
  /** All of the stack. */
  readonly services: readonly ServiceSettings[];
  readonly credentials: Credentials;
  /** The volumes of services on the host: who mounts one that is not there makes one. */
  readonly volumes: readonly pulumi.Resource[];
}

/**
 * Backs up what a host has, and restores the newest backups now and then to see whether that works: see commands/backup.ts. It
 * can read all that it backs up, and write none of it.
 */
export class Backup extends pulumi.ComponentResource {
  constructor(name: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Backup", name, {}, opts);
    const { stack, host, backups, parts, credentials } = args;
    const container = attendantName(stack, "backup", host.key);
    const volume = (id: string, volume: string, made = {}) =>
      namedVolume(joined(name, id), { stack, host: host.key, volume, ...made }, { parent: this });
    const records = volume("data", dataVolumeName(container));
    const target = this.#target(args, volume);
    const isConsulIn = parts.some(({ kind }) => kind === "consul");
    const network = backups.target.kind === "s3" || backups.target.kind === "sftp" ? "bridge" : "none";
    attendant<Told>(
      "backup",
      name,
      {
        ...args,
        told: {
          container,
          network,
          repository: pulumi.secret(repositoryOf(backups, { stack, host: host.key })),
          target: targetText(backups.target),
          parts,
          services: servicesOf(args),
          verify: backups.verify,
          timeZone: backups.timeZone,
          // Nobody else is shown all that Consul holds.
          token: isConsulIn ? credentials.management.secretId : "",
        },
        ...(network === "bridge" && { networkMode: network }),
        mounts: [
          { volumeName: records.name, containerPath: BACKUPS_FOLDER },
          ...(target ? [target.mount] : []),
          ...parts.flatMap(mountOf),
        ],
        after: [...args.volumes, records, ...(target?.volume ? [target.volume] : [])],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }

  /** Where the backups are kept, if that is mounted. */
  #target(
    { stack, host, backups: { target } }: BackupArgs,
    volume: (id: string, volume: string, made: object) => docker.Volume,
  ): { mount: docker.types.input.ContainerVolume; volume?: docker.Volume } | undefined {
    if (target.kind === "folder") return { mount: { hostPath: target.path, containerPath: TARGET } };
    if (target.kind !== "nfs") return undefined;
    // Docker keeps what a volume was made of: another server is another volume.
    const { name, ...made } = nfsVolume(backupTargetName(stack, host.key), {
      ...target,
      source: target.path,
    });
    const mount = { volumeName: name, containerPath: TARGET };
    return { mount, volume: volume(`target.${name}`, name, made) };
  }
}

/** By name, not by an output: a volume that is to be replaced is not to be there twice. */
function mountOf({ name, source }: BackupPart): docker.types.input.ContainerVolume[] {
  if (source === undefined) return [];
  const mount = { containerPath: `${DATA}/${name}`, readOnly: true };
  return [source.startsWith("/") ? { hostPath: source, ...mount } : { volumeName: source, ...mount }];
}

function servicesOf({ parts, services }: BackupArgs): Told["services"] {
  const used = services.filter(({ name }) => parts.some(({ service }) => service === name));
  return Object.fromEntries(
    used.map(({ name, port, health, stopGrace }) => [
      name,
      { ...(port !== undefined && { port }), health, stopGrace },
    ]),
  );
}
