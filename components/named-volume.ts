import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../lib/names.ts";
import * as docker from "./docker.ts";

/** What {@link namedVolume} is told. */
export interface NamedVolumeArgs {
  readonly stack: string;
  readonly host: string;
  /** Name of the volume on its host. */
  readonly volume: string;
  /** Who makes it and how, where that is not the engine itself. */
  readonly driver?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
}

/**
 * A named volume on a Docker host. Replacing a volume is deleting what is in it, so nothing but another name does it:
 * labels stay what they were when it was made.
 */
export function namedVolume(
  name: string,
  { stack, host, volume, ...made }: NamedVolumeArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  const all = Object.entries(labels({ stack, host, role: "volumes" }));
  return new docker.Volume(
    name,
    { name: volume, ...made, labels: all.map(([label, value]) => ({ label, value })) },
    // With a volume of the same name there, a new one can't be created before the old one is deleted.
    { ...opts, deleteBeforeReplace: true, ignoreChanges: ["labels"] },
  );
}
