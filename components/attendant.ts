import * as pulumi from "@pulumi/pulumi";
import type { Told } from "../commands/support/told.ts";
import { attendantName } from "../lib/names.ts";
import type { Inputs } from "./command-input.ts";
import { AGENT_SOCKET, type ConsulAgent } from "./consul-agent.ts";
import { containerDefaults } from "./container-defaults.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HostImage } from "./images.ts";
import { secretFile } from "./secret-file.ts";
import { engineSocket } from "./warden.ts";

type Where = Omit<Told, "token">;

/** Arguments for {@link attendant}. */
export interface AttendantArgs<T extends Told> {
  readonly stack: string;
  readonly host: DockerHost;
  /** Of our programs. */
  readonly image: HostImage;
  readonly agent: ConsulAgent;
  /** What the program is told besides, by a file that root alone can read. */
  readonly told: Inputs<Omit<T, keyof Where>>;
  /** Of the container, which has none by default. */
  readonly networkMode?: "bridge";
  /** What it mounts beside the sockets. */
  readonly mounts?: readonly docker.types.input.ContainerVolume[];
  /** What is to be there before it, beside the agent's socket. */
  readonly after?: readonly pulumi.Resource[];
}

/**
 * A container in which a program of ours, commands/ROLE.ts, runs for good, with the sockets of the engine and of the host's
 * agent. The engine's is root's power over the host, and so it has no network.
 */
export function attendant<T extends Told>(
  role: "herald" | "mover" | "backup",
  name: string,
  { told, agent, networkMode, mounts = [], after = [], ...args }: AttendantArgs<T>,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { stack, host } = args;
  const where: Inputs<Where> = { stack, host: host.key, agent: agent.containerName, socket: AGENT_SOCKET };
  const volumes = [agent.socketMount, ...mounts];
  const all = { ...args, told: { ...where, ...told }, volumes, ...(networkMode && { networkMode }) };
  return resident(role, name, all, { ...opts, dependsOn: [agent.socket, ...after] });
}

/** Arguments for {@link resident}. */
export interface ResidentArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** Of our programs. */
  readonly image: HostImage;
  /** What the program is told, by a file that root alone can read. */
  readonly told: object;
  /** Beside the engine's socket. */
  readonly volumes: readonly docker.types.input.ContainerVolume[];
  /** None by default: the engine's socket is root's power over the host. */
  readonly networkMode?: "none" | "bridge";
}

/** A container in which a program of ours, commands/ROLE.ts, runs for good, with the engine's socket. */
export function resident(
  role: "herald" | "mover" | "scheduler" | "backup",
  name: string,
  { stack, host, image, told, volumes, networkMode = "none" }: ResidentArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const file = `/etc/flotilla/${role}.json`;
  return new docker.Container(
    name,
    {
      ...containerDefaults({ stack, host: host.key, role }),
      name: attendantName(stack, role, host.key),
      image: image.imageId,
      command: [`commands/${role}.ts`, file],
      networkMode,
      uploads: [secretFile(file, pulumi.jsonStringify(told))],
      volumes: [engineSocket(host.settings.docker), ...volumes],
      destroyGraceSeconds: 10,
    },
    { ...opts, deleteBeforeReplace: true, additionalSecretOutputs: ["uploads"] },
  );
}
