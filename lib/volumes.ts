import { createHash } from "node:crypto";
import type { VolumeMount } from "../config/settings.ts";
import { replicaVolumeName, serviceVolumeName } from "./names.ts";

/** What a volume is, as far as Docker is told of it. */
export type VolumeSource = Omit<VolumeMount, "path" | "readOnly" | "owner">;

/** A volume as a host has it. */
export interface DockerVolume {
  readonly name: string;
  readonly driver?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
}

/** The volume that a service's copy of a number mounts; undefined where it is a folder of the host's. */
export function dockerVolume(stack: string, volume: VolumeSource, number: number): DockerVolume | undefined {
  const { kind, driver, options, of } = volume;
  if (kind === "bind") return undefined;
  const name = volume.perReplica
    ? replicaVolumeName(stack, of, number, volume.name)
    : serviceVolumeName(stack, of, volume.name);
  if (kind === "nfs") return nfsVolume(name, volume);
  const driverOpts = Object.keys(options).length > 0 && { driverOpts: options };
  return { name, ...(driver !== undefined && { driver }), ...driverOpts };
}

/** A folder of an NFS server's, as a folder is mounted. */
export type NfsSource = Pick<VolumeMount, "server" | "source" | "options">;

/** The volume by which a host has a folder of an NFS server's. */
export const nfsVolume = (name: string, source: NfsSource): DockerVolume => ({
  name: `${name}.${mountId(source)}`,
  ...nfsMount(source),
});

/** In the words of the engine's own driver, which hands them to mount(8). */
function nfsMount({ server, source, options }: NfsSource) {
  const words = Object.entries(options).map(([name, value]) =>
    value === "true" ? name : `${name}=${value}`,
  );
  return {
    driver: "local",
    driverOpts: { type: "nfs", o: [`addr=${server}`, ...words].join(","), device: `:${source}` },
  };
}

/**
 * Docker can't change how a volume is mounted. What holds nothing itself is another volume then: with another name, it is
 * there before the one that copies still have is taken away.
 */
export function mountId(volume: NfsSource): string {
  return createHash("sha256")
    .update(JSON.stringify(nfsMount(volume)))
    .digest("hex")
    .slice(0, 8);
}
