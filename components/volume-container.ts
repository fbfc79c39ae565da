import * as pulumi from "@pulumi/pulumi";
import { joined } from "../lib/names.ts";
import { containerDefaults } from "./container-defaults.ts";
import * as docker from "./docker.ts";
import { namedVolume } from "./named-volume.ts";

/** Arguments for {@link VolumeContainer}. */
export interface VolumeContainerArgs {
  readonly stack: string;
  readonly host: string;
  /** Whose volumes they are, where they are a service's. */
  readonly service?: string;
  /** Name of the container on its host. */
  readonly containerName: string;
  /** Any image; nothing in it is ever started. What it has at a mount path goes into a fresh volume. */
  readonly image: pulumi.Input<string>;
  /** Named volumes and where they are mounted. */
  readonly volumes: readonly { readonly name: string; readonly path: string; readonly readOnly?: boolean }[];
  /** Whether Pulumi must refuse to delete the volumes. */
  readonly protect: boolean;
}

/** What {@link neverStarted} is told. */
export interface NeverStartedArgs extends Omit<VolumeContainerArgs, "volumes" | "protect"> {
  readonly volumes: docker.types.input.ContainerVolume[];
}

/** A container that is created, and only has volumes: an engine does not delete them, whatever it is told to clear away. */
export function neverStarted(
  name: string,
  { stack, host, service, containerName, image, volumes }: NeverStartedArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  return new docker.Container(
    name,
    {
      ...containerDefaults({ stack, host, role: "volumes", ...(service !== undefined && { service }) }),
      name: containerName,
      image,
      restart: "no",
      start: false,
      mustRun: false,
      networkMode: "none",
      volumes,
    },
    { ...opts, deleteBeforeReplace: true },
  );
}

/**
 * A set of named volumes, and a created, never started container that puts a name to the set: people take it with
 * `docker run --volumes-from`. The program's own containers mount the volumes by their names instead, once this is there:
 * a container whose mounts come from another one is replaced along with it.
 */
export class VolumeContainer extends pulumi.ComponentResource {
  constructor(name: string, args: VolumeContainerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:VolumeContainer", name, {}, opts);
    const { stack, host, service, image, protect } = args;

    // Beside it, not below: Pulumi deletes what is as deep at one time, and a volume takes it 2 s. Once they were below.
    const beside = { parent: opts?.parent, aliases: [{ parent: this }] };
    const volumes = args.volumes.map(({ name: volume }) =>
      namedVolume(joined(name, volume), { stack, host, volume }, { ...beside, protect }),
    );
    neverStarted(
      name,
      {
        stack,
        host,
        ...(service !== undefined && { service }),
        containerName: args.containerName,
        image,
        volumes: args.volumes.map(({ path, readOnly = false }, index) => ({
          volumeName: volumes[index]?.name,
          containerPath: path,
          readOnly,
        })),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
