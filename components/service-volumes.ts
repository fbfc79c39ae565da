import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings, VolumeMount } from "../config/settings.ts";
import { joined, replicaOf, replicaVolumeContainerName } from "../lib/names.ts";
import { dockerVolume, mountId } from "../lib/volumes.ts";
import type * as docker from "./docker.ts";
import { namedVolume } from "./named-volume.ts";
import { neverStarted } from "./volume-container.ts";

/** Arguments for {@link ServiceVolumes}. */
export interface ServiceVolumesArgs {
  readonly stack: string;
  /** Key of the host. */
  readonly host: string;
  readonly service: ServiceSettings;
  /** Any image, for a container that is never started. */
  readonly image: pulumi.Input<string>;
  /** Copies that the host has. */
  readonly replicas: number;
  /** Whether Pulumi must refuse to delete them. */
  readonly protect: boolean;
  /** Names of the volumes of copies that the host has, of any service. */
  readonly kept: readonly string[];
  readonly volumesOf: (services: readonly string[]) => Promise<readonly pulumi.Resource[]>;
}

/** Resources that are known now, or when all others are. */
export type Known = pulumi.Resource[] | Promise<pulumi.Resource[]>;

/** How a container mounts volumes of services; `number` is that of a copy which has some for itself. */
export function mountsOf(
  stack: string,
  volumes: readonly VolumeMount[],
  number: number,
): docker.types.input.ContainerVolume[] {
  return volumes.map((volume) => {
    const made = dockerVolume(stack, volume, number);
    const { path: containerPath, readOnly, source } = volume;
    // By name, not by an output: a volume that is to be replaced takes no server along, and Docker keeps one in use.
    return made
      ? { volumeName: made.name, containerPath, readOnly }
      : { hostPath: source, containerPath, readOnly };
  });
}

/** The volumes of a service on one host, and how its copies mount them. No component: they are the pool's own. */
export class ServiceVolumes {
  /** Those that are one for all copies. */
  readonly resources: readonly pulumi.Resource[];
  readonly #args: ServiceVolumesArgs;
  readonly #ofReplica = new Map<number, docker.Volume[]>();

  constructor(name: string, args: ServiceVolumesArgs, opts: pulumi.CustomResourceOptions) {
    this.#args = args;
    const own = new Map(
      args.service.volumes.filter(({ owner }) => owner === undefined).map((volume) => [volume.name, volume]),
    );
    const all = [...own.values()];
    this.resources = all
      .filter(({ perReplica }) => !perReplica)
      .flatMap((volume) => this.#volume(name, volume, 0, opts) ?? []);
    for (const volume of all.filter(({ perReplica }) => perReplica))
      for (const number of this.#numbers(volume)) {
        const ofNumber = this.#volume(name, volume, number, opts);
        const others = this.#ofReplica.get(number) ?? [];
        if (ofNumber) this.#ofReplica.set(number, [...others, ofNumber]);
      }
    if (this.#ofReplica.size > 0) this.#guard(joined(name, "copies"), opts);
  }

  /** All of them. */
  get all(): readonly pulumi.Resource[] {
    return [...this.resources, ...[...this.#ofReplica.values()].flat()];
  }

  /** No copy has the volumes that wait for one to come back. Nor does a copy wait for the container that has them. */
  #guard(name: string, opts: pulumi.CustomResourceOptions): void {
    const { stack, host, service, image } = this.#args;
    const volumes = [...this.#ofReplica].flatMap(([number, all]) =>
      all.map((volume, index) => ({ volumeName: volume.name, containerPath: `/${number}/${index}` })),
    );
    const containerName = replicaVolumeContainerName(stack, host, service.name);
    neverStarted(name, { stack, host, service: service.name, containerName, image, volumes }, opts);
  }

  /** How a copy mounts them. */
  mounts(number: number): docker.types.input.ContainerVolume[] {
    const { stack, service } = this.#args;
    return mountsOf(stack, service.volumes, number);
  }

  /** What is to be there before a copy: its volumes, and others. */
  before(number: number, others: readonly pulumi.Resource[]): Known {
    const { service, volumesOf } = this.#args;
    const own = [...others, ...this.resources, ...(this.#ofReplica.get(number) ?? [])];
    const owners = service.volumes.flatMap(({ owner }) => owner ?? []);
    if (owners.length === 0) return own;
    return volumesOf(owners).then((theirs) => [...own, ...theirs]);
  }

  /** Of the copies that there are, and of those that there were: their data waits for them to come back. */
  #numbers({ name: volume, of: service }: VolumeMount): number[] {
    const { stack, replicas, kept } = this.#args;
    const present = Array.from({ length: replicas }, (_, index) => index + 1);
    const former = kept.flatMap((name) => replicaOf(name, { stack, service, volume }) ?? []);
    return [...new Set([...present, ...former])];
  }

  #volume(
    name: string,
    volume: VolumeMount,
    number: number,
    opts: pulumi.CustomResourceOptions,
  ): docker.Volume | undefined {
    const { stack, host, service, protect } = this.#args;
    const made = dockerVolume(stack, volume, number);
    if (made === undefined) return undefined;
    const { name: volumeName, ...rest } = made;
    // What an NFS server has stays there.
    const isNfs = volume.kind === "nfs";
    const id = `_${volume.name}${isNfs ? `.${mountId(volume)}` : ""}`;
    const ofPool = (pool: string) => (volume.perReplica ? joined(pool, number) : pool) + id;
    const aliases = service.movedFrom.map((former) => ({ name: ofPool(joined(former, host)) }));
    return namedVolume(
      ofPool(name),
      { stack, host, volume: volumeName, ...rest },
      { ...opts, ...(aliases.length > 0 && { aliases }), protect: protect && !isNfs },
    );
  }
}
