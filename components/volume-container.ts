import * as pulumi from "@pulumi/pulumi";
import { labels } from "../lib/names.ts";
import { containerDefaults } from "./container-defaults.ts";
import * as docker from "./docker.ts";

/** Arguments for {@link VolumeContainer}. */
export interface VolumeContainerArgs {
  readonly stack: string;
  readonly host: string;
  /** Name of the container on its host. */
  readonly containerName: string;
  /** Any image; nothing in it is ever started. What it has at a mount path goes into a fresh volume. */
  readonly image: pulumi.Input<string>;
  /** Named volumes and where they are mounted. */
  readonly volumes: readonly { readonly name: string; readonly path: string; readonly readOnly?: boolean }[];
  /** Whether Pulumi must refuse to delete the volumes. */
  readonly protect: boolean;
}

/**
 * A set of named volumes behind one name: a created, never started container that others take with `volumesFrom`.
 * The state lives in the volumes, not in the container.
 */
export class VolumeContainer extends pulumi.ComponentResource {
  /** Name to take the volumes from. */
  readonly containerName: pulumi.Output<string>;

  constructor(name: string, args: VolumeContainerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:VolumeContainer", name, {}, opts);
    const { stack, host, image, protect } = args;

    const volumes = args.volumes.map(
      (volume) =>
        new docker.Volume(
          `${name}-${volume.name}`,
          { name: volume.name, labels: volumeLabels(stack, host) },
          { parent: this, protect },
        ),
    );
    const container = new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host, role: "volumes" }),
        name: args.containerName,
        image,
        restart: "no",
        start: false,
        mustRun: false,
        networkMode: "none",
        volumes: args.volumes.map(({ path, readOnly = false }, index) => ({
          volumeName: volumes[index]?.name,
          containerPath: path,
          readOnly,
        })),
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.containerName = container.name;
    this.registerOutputs({ containerName: this.containerName });
  }
}

/** Labels of a volume, so that it can be told whose it is. */
export function volumeLabels(stack: string, host: string) {
  return Object.entries(labels({ stack, host, role: "volumes" })).map(([label, value]) => ({ label, value }));
}
