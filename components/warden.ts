import * as pulumi from "@pulumi/pulumi";
import { addressOf, type Endpoint, isLocal } from "../lib/docker-endpoint.ts";
import { wardenName } from "../lib/names.ts";
import { containerDefaults } from "./container-defaults.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";

/** Arguments for {@link Warden}. */
export interface WardenArgs {
  readonly stack: string;
  readonly host: DockerHost;
}

/**
 * Starts what Docker itself fails to start: balancers that came before `front` after a restart of the daemon
 * (moby/moby#50326). It has the engine's socket, which is root's power over the host, and so no network at all.
 */
export class Warden extends pulumi.ComponentResource {
  constructor(name: string, { stack, host }: WardenArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Warden", name, {}, opts);
    new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "warden" }),
        name: wardenName(stack, host.key),
        image: host.images.warden.imageId,
        command: [stack],
        networkMode: "none",
        volumes: [engineSocket(host.settings.docker)],
        destroyGraceSeconds: 1,
      },
      { parent: this, deleteBeforeReplace: true },
    );
    this.registerOutputs({});
  }
}

/** How a container mounts the engine's socket of its host; where the endpoint doesn't tell where that is, the usual one. */
export function engineSocket(endpoint: Endpoint): docker.types.input.ContainerVolume {
  const usual = "/var/run/docker.sock";
  const hostPath = isLocal(endpoint) ? addressOf(endpoint).slice("unix://".length) : usual;
  return { hostPath, containerPath: usual };
}
