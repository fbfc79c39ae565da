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
  args: AttendantArgs<T>,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { stack, host, image, agent, told, networkMode = "none", mounts = [], after = [] } = args;
  const file = `/etc/flotilla/${role}.json`;
  const where: Inputs<Where> = { stack, host: host.key, agent: agent.containerName, socket: AGENT_SOCKET };
  return new docker.Container(
    name,
    {
      ...containerDefaults({ stack, host: host.key, role }),
      name: attendantName(stack, role, host.key),
      image: image.imageId,
      command: [`commands/${role}.ts`, file],
      networkMode,
      uploads: [secretFile(file, pulumi.jsonStringify({ ...where, ...told }))],
      destroyGraceSeconds: 10,
      volumes: [engineSocket(host.settings.docker), agent.socketMount, ...mounts],
    },
    {
      ...opts,
      deleteBeforeReplace: true,
      additionalSecretOutputs: ["uploads"],
      dependsOn: [agent.socket, ...after],
    },
  );
}
