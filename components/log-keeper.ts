import * as pulumi from "@pulumi/pulumi";
import { keeperName } from "../lib/names.ts";
import { containerDefaults } from "./container-defaults.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { ServiceLogs } from "./server-pool.ts";

/** Arguments for {@link LogKeeper}. */
export interface LogKeeperArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** Of all services on the host. */
  readonly logs: readonly ServiceLogs[];
}

/**
 * Keeps the log volumes of a host's services within their limits. Nobody waits for it, and it serves nothing: another limit
 * or one more service makes another one. It alone has several services' volumes, and so neither a network nor the engine.
 */
export class LogKeeper extends pulumi.ComponentResource {
  constructor(name: string, { stack, host, logs }: LogKeeperArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:LogKeeper", name, {}, opts);
    new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "keeper" }),
        name: keeperName(stack, host.key),
        image: host.images["log-keeper"].imageId,
        command: logs.map(({ service, maxSize }) => `${service}=${maxSize}`),
        networkMode: "none",
        volumes: logs.map(({ service, volume }) => ({
          volumeName: volume,
          containerPath: `/logs/${service}`,
        })),
        destroyGraceSeconds: 1,
      },
      // Who mounts a fresh volume first makes its folder: that is the volume container, so that everybody may write there.
      { parent: this, deleteBeforeReplace: true, dependsOn: logs.map(({ ready }) => ready) },
    );
    this.registerOutputs({});
  }
}
