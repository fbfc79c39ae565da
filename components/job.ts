import type { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { JobGateArgs } from "../commands/job-gate.ts";
import type { JobSettings, ServiceSettings } from "../config/settings.ts";
import { attendantName, jobName, joined, LOG_FOLDER, logVolumeName } from "../lib/names.ts";
import { programCommand } from "./command-input.ts";
import { containerDefaults } from "./container-defaults.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HostImage, Images } from "./images.ts";
import { heeded, processArgs, withSecrets } from "./process.ts";
import { mountsOf } from "./service-volumes.ts";

/** Arguments for {@link Job}. */
export interface JobArgs {
  readonly stack: string;
  readonly host: DockerHost;
  readonly job: JobSettings;
  /** All of the stack. */
  readonly services: readonly ServiceSettings[];
  readonly images: Images;
  /** The volumes that it mounts, when all of the host's pools are there. */
  readonly volumes: Promise<pulumi.Resource[]>;
}

/** What {@link Job.gate} is told. */
export interface GateArgs {
  /** What must be there before it runs. */
  readonly after: readonly pulumi.Resource[];
  /** Image of the service that it goes before. */
  readonly image?: pulumi.Input<string>;
  /** Why it is not to run. */
  readonly idle?: string;
}

/**
 * A job on one host: a container that is never started, so that Pulumi shows each change of it beforehand, and secrets go no
 * other way. The host's scheduler makes one like it for each attempt, which begins with a clean file system. For one that
 * `up` has run there is also what does so, and waits for it.
 */
export class Job extends pulumi.ComponentResource {
  readonly job: JobSettings;
  readonly template: docker.Container;
  readonly #name: string;
  readonly #args: JobArgs;
  readonly #image: HostImage;

  constructor(name: string, args: JobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Job", name, { job: args.job.name, host: args.host.key }, opts);
    const { stack, host, job, images, volumes } = args;
    this.job = job;
    this.#name = name;
    this.#args = args;
    const { source } = job;
    const of = source.kind === "service" ? source.service : undefined;
    this.#image =
      of === undefined
        ? images.ofJob(job.name, name, host.key, { parent: this })
        : images.ofService(of, name, host.key, { parent: this });
    // What its service writes there, the log keeper keeps within its limits.
    const logs =
      of === undefined ? [] : [{ volumeName: logVolumeName(stack, of), containerPath: LOG_FOLDER }];
    this.template = new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "job", details: { "flotilla.job": job.name } }),
        ...processArgs({ ...args, process: job }),
        name: jobName(stack, job.name, host.key),
        image: this.#image.imageId,
        volumes: [...mountsOf(stack, job.volumes, 0), ...logs],
        restart: "no",
        start: false,
        mustRun: false,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        ...heeded(job),
        ...withSecrets(job),
        dependsOn: volumes as pulumi.Input<pulumi.Resource[]>,
      },
    );
    this.registerOutputs({});
  }

  /** What has it run, by a scheduler that is there, when something of it has changed; whatever waits for this waits for its end. */
  gate(scheduler: pulumi.Resource, { after, image, idle }: GateArgs): Command {
    const { stack, host, job } = this.#args;
    const { name, timeout, retries, overlap: _, catchUp: __, hosts: ___, isPlaced: ____, ...what } = job;
    return programCommand<JobGateArgs>(
      joined(this.#name, "run"),
      { update: "job-gate.ts" },
      {
        docker: host.settings.docker,
        scheduler: attendantName(stack, "scheduler", host.key),
        job: name,
        host: host.key,
        timeout,
        retries,
        what: { ...what, imageId: this.#image.imageId, ...(image !== undefined && { before: image }) },
        ...(idle !== undefined && { idle }),
      },
      { parent: this, dependsOn: [this.template, scheduler, ...after] },
    );
  }
}
