import type { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterArgs } from "../commands/support/registrar.ts";
import type { HostSettings, LoadBalancerSettings, ServiceSettings } from "../config/settings.ts";
import { batchesOf } from "../lib/batches.ts";
import {
  imageLabels,
  instanceNumber,
  instancePrefix,
  joined,
  LOG_FOLDER,
  logVolumeContainerName,
  logVolumeName,
} from "../lib/names.ts";
import { isMoving, isStartedLate } from "../lib/rollout.ts";
import { mostOn, type Spread, shareOf, spreadOf } from "../lib/shares.ts";
import { type Inputs, programCommand } from "./command-input.ts";
import type { ConsulAgent } from "./consul-agent.ts";
import type { ConsulCluster } from "./consul-cluster.ts";
import { containerDefaults } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HaproxyTier } from "./haproxy-tier.ts";
import type { HostImage, Images } from "./images.ts";
import { heeded, processArgs, withSecrets } from "./process.ts";
import { type Known, ServiceVolumes } from "./service-volumes.ts";
import { VolumeContainer } from "./volume-container.ts";

/** Arguments for {@link ServerPool}. */
export interface ServerPoolArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** Every host of the stack. */
  readonly hosts: readonly HostSettings[];
  /** Keys of those of its data centre that are reached. */
  readonly reached: readonly string[];
  /**
   * Those of the host, by which alone requests reach the copies. They must be ready before anything is registered; the
   * containers themselves need not wait for them.
   */
  readonly balancers: HaproxyTier;
  readonly loadBalancers: LoadBalancerSettings;
  /** Whether nothing of the stack runs: then there is nothing to spare, and the registration waits for no balancer. */
  readonly isFresh: boolean;
  /** What is made before its copies. */
  readonly after: readonly pulumi.Resource[];
  /** The same, of what is not yet known. */
  readonly afterAll?: Promise<readonly pulumi.Resource[]>;
  readonly agent: ConsulAgent;
  readonly cluster: Pick<ConsulCluster, "identity">;
  readonly service: ServiceSettings;
  /** All of the stack. */
  readonly services: readonly ServiceSettings[];
  readonly credentials: Credentials;
  readonly images: Images;
  /** Containers that did not run when this run of the program began, of any pool. */
  readonly stopped: readonly string[];
  /** Whether Pulumi must refuse to delete the service's volumes. */
  readonly protect: boolean;
  /** Names of the volumes of copies that the host has, of any service. */
  readonly kept: readonly string[];
  /** The volumes that other services of the host own. */
  readonly volumesOf: (services: readonly string[]) => Promise<readonly pulumi.Resource[]>;
}

/** The log volume of a service on a host. */
export interface ServiceLogs {
  readonly service: string;
  /** Its name on the host. */
  readonly volume: string;
  /** MiB that it may hold. */
  readonly maxSize: number;
  /** What makes it. */
  readonly ready: pulumi.Resource;
}

/**
 * The copies of one service on one host, registered with the host's agent. Containers are created before those they
 * replace are deleted; in between, the registration moves the traffic over. It alone decides who serves. Where there is
 * no room for old and new ones all at once, it goes in batches: each moves the traffic of a few and stops what they replace
 * before the next ones are created. Where they can't run beside each other, the registration stops the old ones before it
 * starts the new. Copies of a service without a port, workers, are at work as soon as they run: it starts them, too.
 * Where copies move between hosts, each has containers for more than it is to run, as many as it would if a host were lost: the
 * registration starts the host's share of them, and its mover more when others fail.
 */
export class ServerPool extends pulumi.ComponentResource {
  readonly service: string;
  /** Key of its host. */
  readonly host: string;
  /** Names of the containers that serve; also their addresses in the network. */
  readonly instances: pulumi.Output<string[]>;
  /** Where they log. */
  readonly logs: ServiceLogs;
  /** Its volumes that others may have, too. */
  readonly volumes: readonly pulumi.Resource[];
  /** Those, and the ones that its copies have each for themselves. */
  readonly allVolumes: readonly pulumi.Resource[];

  constructor(name: string, args: ServerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    // For whoever looks for the pool in Pulumi's state.
    const isWorker = args.service.port === undefined;
    const identity = { service: args.service.name, host: args.host.key, ...(isWorker && { isWorker }) };
    super("flotilla:index:ServerPool", name, identity, opts);
    this.service = args.service.name;
    this.host = args.host.key;
    const { images, host, service } = args;
    const image = images.ofService(service.name, name, host.key, { parent: this });
    this.logs = this.#logs(name, args);
    const replicas = mostOn(service, host.settings, args.hosts);
    const ofVolumes = { ...args, host: host.key, replicas, image: host.images.front.imageId };
    const volumes = new ServiceVolumes(name, ofVolumes, { parent: this });
    this.volumes = volumes.resources;
    this.allVolumes = volumes.all;
    const batches = batchesOf({ replicas, surge: service.rollout.surge });
    const servers: docker.Container[] = [];
    let before: Command | undefined;
    for (const [index, numbers] of batches.entries()) {
      const batch = numbers.map((number) => this.#server(number, image, volumes, args, before));
      servers.push(...batch);
      // The registration, which has to see the whole pool, is the last one's.
      if (index < batches.length - 1)
        before = this.#batch(joined(name, "batch", index + 1), batch, image, args);
    }
    const spread = movingOf(args);
    this.instances = namesOf(spread ? servers.slice(0, shareOf(spread, host.key, spread.hosts)) : servers);
    this.#registration(joined(name, "registration"), servers, image, args);
    this.registerOutputs({ instances: this.instances });
  }

  #logs(name: string, { stack, host, service }: ServerPoolArgs): ServiceLogs {
    const volume = logVolumeName(stack, service.name);
    const ready = new VolumeContainer(
      joined(name, "logs"),
      {
        stack,
        host: host.key,
        service: service.name,
        containerName: logVolumeContainerName(stack, host.key, service.name),
        image: host.images.front.imageId,
        volumes: [{ name: volume, path: LOG_FOLDER }],
        protect: false,
      },
      { parent: this },
    );
    return { service: service.name, volume, maxSize: service.logs.maxSize, ready };
  }

  #server(
    number: number,
    image: HostImage,
    volumes: ServiceVolumes,
    args: ServerPoolArgs,
    before: Command | undefined,
  ): docker.Container {
    const { stack, host, service, after } = args;
    const { stopGrace } = service;
    const { envs, ...process } = processArgs({ ...args, process: service });
    return new docker.Container(
      instancePrefix(stack, service.name, host.key, number),
      {
        ...containerDefaults({ stack, host: host.key, role: "server", service: service.name }),
        ...process,
        image: image.imageId,
        envs,
        // The last one is nobody else's: what is in a log must come from the service whose log it is.
        volumes: [...volumes.mounts(number), { volumeName: this.logs.volume, containerPath: LOG_FOLDER }],
        destroyGraceSeconds: stopGrace,
        // The registration starts it.
        ...(isStartedLate(service) && { start: false, mustRun: false }),
        // Nor does the engine where it is to run no more.
        ...(isMoving(service) && { restart: "no" }),
      },
      {
        parent: this,
        deleteBeforeReplace: false,
        ...heeded(service, isMoving(service) ? ["moves"] : []),
        // Whoever starts and stops it says so.
        ...(isMoving(service) && { ignoreChanges: ["restart"] }),
        dependsOn: withLater(
          volumes.before(number, [this.logs.ready, ...after, ...(before ? [before] : [])]),
          args.afterAll,
        ),
        ...withSecrets(service),
      },
    );
  }

  /** Has no delete: what it moved serves on when batches become fewer. */
  #batch(
    name: string,
    servers: readonly docker.Container[],
    image: HostImage,
    args: ServerPoolArgs,
  ): Command {
    return programCommand<RegisterArgs>(
      name,
      { update: "register.ts --batch" },
      this.#input(servers, image, args),
      { parent: this, dependsOn: [...servers, ...readyOf(args)] },
    );
  }

  #registration(
    name: string,
    servers: readonly docker.Container[],
    image: HostImage,
    args: ServerPoolArgs,
  ): void {
    programCommand<RegisterArgs>(
      name,
      { update: "register.ts", delete: "register.ts --withdraw" },
      this.#input(servers, image, args),
      { parent: this, dependsOn: [...servers, ...readyOf(args)] },
    );
  }

  #input(servers: readonly docker.Container[], image: HostImage, args: ServerPoolArgs): Inputs<RegisterArgs> {
    const { stack, host, hosts, agent, cluster, service, credentials } = args;
    const { name, source, port, health, sessions, volumes, rollout, drain, stopGrace } = service;
    const spread = movingOf(args);
    const isOfPool = (container: string) =>
      instanceNumber(container, { stack, service: name, host: host.key }) !== undefined;
    return {
      stack,
      host: host.key,
      docker: host.settings.docker,
      hasPeers: hosts.length > 1,
      balancersPerHost: countOf(args),
      agent: agent.containerName,
      agentId: agent.containerId,
      consulId: cluster.identity,
      token: credentials.registration.secretId,
      tokenId: credentials.registration.accessorId,
      service: port === undefined ? { name } : { name, port, health, sessions, ...inWords(service) },
      image: image.reference,
      ...(source.kind === "build" && { imageLabels: imageLabels(stack, { service: name }) }),
      instances: namesOf(servers),
      ...(spread && { moving: spread }),
      order: rollout.order,
      stopped: isStartedLate(service) ? args.stopped.filter(isOfPool) : [],
      writesVolumes: volumes.some(({ readOnly }) => !readOnly),
      healthTimeout: health.timeout,
      // It has served before.
      settle: source.kind === "build" && source.version !== undefined ? 0 : rollout.settle,
      drain,
      stopGrace,
    };
  }
}

/** Those that there are, and those that are yet to be known. */
function withLater(known: Known, later: ServerPoolArgs["afterAll"]): Known {
  return later === undefined ? known : Promise.all([known, later]).then((lists) => lists.flat());
}

/** What is told of a service only where it is not as usual. */
function inWords({ protocol, provides }: ServiceSettings) {
  return { ...(protocol === "tcp" && { protocol }), ...(provides !== undefined && { provides }) };
}

/** How the copies are spread, where they move between hosts. */
function movingOf({ service, host, hosts, reached }: ServerPoolArgs): Spread | undefined {
  return isMoving(service) ? spreadOf(service, host.settings, hosts, reached) : undefined;
}

/**
 * Not all that the balancers consist of: `npm run rollback` has Pulumi change this pool alone, which it refuses where the
 * pool waits for something that is yet to be made.
 */
function readyOf({ balancers, isFresh }: ServerPoolArgs): pulumi.Resource[] {
  return isFresh ? [] : [balancers.ready];
}

/**
 * How many balancers the host has, as their readiness has told, 0 where it did not: not as the config has it, whose
 * balancers need not be there when Pulumi is told to change this pool alone.
 */
function countOf({ balancers, loadBalancers, isFresh }: ServerPoolArgs): pulumi.Input<number> {
  if (isFresh) return loadBalancers.count;
  return balancers.ready.stdout.apply((text) => Number.parseInt(text, 10) || 0);
}

function namesOf(servers: readonly docker.Container[]): pulumi.Output<string[]> {
  return pulumi.all(servers.map(({ name }) => name));
}
