import * as pulumi from "@pulumi/pulumi";
import type { ProcessSettings, ServiceSettings, TmpfsMount } from "../config/settings.ts";
import { serviceConfinement } from "../lib/confinement.ts";
import { frontName } from "../lib/names.ts";
import { toldOf } from "../lib/requirements.ts";
import { confined, limits } from "./container-defaults.ts";
import type * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";

/** What {@link processArgs} is told. */
export interface ProcessArgs {
  readonly stack: string;
  readonly host: Pick<DockerHost, "key" | "networkName">;
  readonly process: ProcessSettings;
  /** All of the stack. */
  readonly services: readonly ServiceSettings[];
}

/** What a container of the user's own is made with, whether it serves or is run to its end: all but its image and volumes. */
export function processArgs(args: ProcessArgs) {
  const { host, process } = args;
  const { env, secrets } = process;
  const plain = Object.entries({ ...env, ...told(args, "env") }).map(([key, value]) => `${key}=${value}`);
  const hidden = Object.entries({ ...secrets, ...told(args, "secrets") });
  const secret = hidden.map(([key, value]) => pulumi.secret(`${key}=${value}`));
  return {
    ...limits(process),
    ...confined(serviceConfinement(process)),
    ...runtimeOf(process),
    networkMode: host.networkName,
    envs: [...plain, ...secret],
  } satisfies Partial<docker.ContainerArgs>;
}

/** The variables by which it is told where those are that it requires: at the balancers of its own host. */
function told(
  { stack, host, process, services }: ProcessArgs,
  map: "env" | "secrets",
): Record<string, string> {
  const all = process.requires.map((requirement) => {
    const provider = services.find(({ name }) => name === requirement.service);
    return toldOf(requirement[map], { host: frontName(stack, host.key), port: provider?.provides ?? 0 });
  });
  return Object.assign({}, ...all);
}

/** How it is run, as far as that is said: as the provider takes it, and as it reads it back from the engine. */
function runtimeOf(process: ProcessSettings) {
  const { command, entrypoint, workingDir, init, tmpfs, shmSize, ulimits, extraHosts } = process;
  const limits = Object.entries(ulimits);
  return {
    ...(command && { command: [...command] }),
    ...(entrypoint && { entrypoints: [...entrypoint] }),
    ...(workingDir !== undefined && { workingDir }),
    ...(init && { init }),
    ...(tmpfs.length > 0 && {
      tmpfs: Object.fromEntries(tmpfs.map((mount) => [mount.path, tmpfsOptions(mount, process)])),
    }),
    ...(shmSize !== undefined && { shmSize }),
    ...(limits.length > 0 && { ulimits: limits.map(([name, limit]) => ({ name, ...limit })) }),
    ...(extraHosts.length > 0 && { hosts: [...extraHosts] }),
  } satisfies Partial<docker.ContainerArgs>;
}

/**
 * For everybody to write, as /tmp is. Before its version 1.1.8 runc gives it the mode of what is at the path, which it
 * makes itself, for root alone, when the container is first started: so it is also the user's own, where that is a number.
 */
function tmpfsOptions({ size }: TmpfsMount, { user }: ProcessSettings): string {
  const [uid] = /^\d+/.exec(user ?? "") ?? [];
  return ["mode=1777", ...(size ? [`size=${size}m`] : []), ...(uid ? [`uid=${uid}`] : [])].join(",");
}

/**
 * Has a container replaced where the provider would not: it takes another tmpfs for a change that needs nothing to be done, and
 * does not see that the image's own values are wanted again. `more` are words that replace it when they come or go.
 */
export function heeded(process: ProcessSettings, more: readonly string[] = []): pulumi.ResourceOptions {
  const { command, entrypoint, workingDir, user, shmSize } = process;
  const given = { command, entrypoint, workingDir, user, shmSize };
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return { replaceOnChanges: ["tmpfs"], replacementTrigger: [...names, ...more] };
}

/** Keeps secret what the provider tells of a container's environment. */
export const withSecrets = ({ secrets, requires }: ProcessSettings): pulumi.CustomResourceOptions =>
  [secrets, ...requires.map(({ secrets }) => secrets)].some((map) => Object.keys(map).length > 0)
    ? { additionalSecretOutputs: ["envs"] }
    : {};
