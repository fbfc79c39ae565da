import * as pulumi from "@pulumi/pulumi";
import type { EndRunsArgs } from "../commands/end-runs.ts";
import type { SchedulerArgs as Told } from "../commands/scheduler.ts";
import type { Job as ToldJob } from "../commands/support/job-run.ts";
import { jobName, jobRecordsName, joined } from "../lib/names.ts";
import { resident } from "./attendant.ts";
import { programCommand } from "./command-input.ts";
import type * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HostImage } from "./images.ts";
import type { Job } from "./job.ts";
import { namedVolume } from "./named-volume.ts";

/** Where it writes down what has come of jobs. */
const FOLDER = "/var/lib/flotilla-jobs";

/** Arguments for {@link Scheduler}. */
export interface SchedulerArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** Of our programs. */
  readonly image: HostImage;
  /** Those of the host. */
  readonly jobs: readonly Job[];
}

/**
 * Has the jobs of a host run, each at its times or when it is asked to, and keeps what came of it: see commands/scheduler.ts.
 * It takes no output of jobs, which go before new ones come; their containers' names are all that it needs.
 */
export class Scheduler extends pulumi.ComponentResource {
  readonly container: docker.Container;

  constructor(
    name: string,
    { stack, host, image, jobs }: SchedulerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("flotilla:index:Scheduler", name, {}, opts);
    const { key } = host;
    const volume = jobRecordsName(stack);
    const records = namedVolume(joined(name, "records"), { stack, host: key, volume }, { parent: this });
    // What is deleted after the scheduler, so that none is begun any more, and before all that runs need.
    const runs = programCommand<EndRunsArgs>(
      joined(name, "runs"),
      { delete: "end-runs.ts" },
      { stack, docker: host.settings.docker, host: key },
      { parent: this, dependsOn: jobs.map(({ template }) => template) },
    );
    const told: Told = { stack, host: key, folder: FOLDER, jobs: jobs.map((job) => toldOf(job, stack, key)) };
    this.container = resident(
      "scheduler",
      name,
      { stack, host, image, told, volumes: [{ volumeName: volume, containerPath: FOLDER }] },
      { parent: this, dependsOn: [records, runs] },
    );
    this.registerOutputs({});
  }
}

function toldOf({ job }: Job, stack: string, host: string): ToldJob {
  const { name, trigger, timeout, retries, overlap, catchUp } = job;
  return {
    name,
    template: jobName(stack, name, host),
    timeout,
    retries,
    overlap,
    catchUp,
    ...(trigger.kind === "schedule" && {
      schedule: { pattern: trigger.pattern, timeZone: trigger.timeZone },
    }),
  };
}
