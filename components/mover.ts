import * as pulumi from "@pulumi/pulumi";
import type { MoverArgs as Told } from "../commands/mover.ts";
import { moverName } from "../lib/names.ts";
import type { Inputs } from "./command-input.ts";
import { AGENT_SOCKET, type ConsulAgent } from "./consul-agent.ts";
import { containerDefaults } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HostImage } from "./images.ts";
import { secretFile } from "./secret-file.ts";
import { engineSocket } from "./warden.ts";

/** Arguments for {@link Mover}. */
export interface MoverArgs {
  readonly stack: string;
  readonly host: DockerHost;
  readonly image: HostImage;
  readonly agent: ConsulAgent;
  readonly credentials: Credentials;
}

/**
 * Keeps the host's share of copies running of those services whose copies move between hosts: more of them while another
 * host is lost, fewer again once it is back. It asks the host's agent who is there, and does what `pulumi up` would do: see
 * commands/mover.ts. Like the warden it has the engine's socket, and so no network.
 */
export class Mover extends pulumi.ComponentResource {
  constructor(
    name: string,
    { stack, host, image, agent, credentials }: MoverArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("flotilla:index:Mover", name, {}, opts);
    const { accessorId: tokenId, secretId: token } = credentials.registration;
    const told: Inputs<Told> = {
      stack,
      host: host.key,
      agent: agent.containerName,
      socket: AGENT_SOCKET,
      token,
      tokenId,
    };
    new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "mover" }),
        name: moverName(stack, host.key),
        image: image.imageId,
        command: ["commands/mover.ts", "/etc/flotilla/mover.json"],
        networkMode: "none",
        uploads: [secretFile("/etc/flotilla/mover.json", pulumi.jsonStringify(told))],
        volumes: [engineSocket(host.settings.docker), agent.socketMount],
        destroyGraceSeconds: 10,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["uploads"],
        dependsOn: [agent.socket],
      },
    );
    this.registerOutputs({});
  }
}
