import * as pulumi from "@pulumi/pulumi";
import type { HeraldArgs as Told } from "../commands/herald.ts";
import type { ServiceSettings } from "../config/settings.ts";
import { frontName, heraldName } from "../lib/names.ts";
import type { Inputs } from "./command-input.ts";
import { AGENT_SOCKET, type ConsulAgent } from "./consul-agent.ts";
import { containerDefaults } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HostImage } from "./images.ts";
import { secretFile } from "./secret-file.ts";
import { engineSocket } from "./warden.ts";

/** Arguments for {@link Herald}. */
export interface HeraldArgs {
  readonly stack: string;
  readonly host: DockerHost;
  readonly image: HostImage;
  readonly agent: ConsulAgent;
  /** All of the stack. */
  readonly services: readonly ServiceSettings[];
  readonly credentials: Credentials;
}

/**
 * Tells the host's copies of services that ask for it when the healthy copies of what they require change: see
 * commands/herald.ts. Like the warden it has the engine's socket, and so no network.
 */
export class Herald extends pulumi.ComponentResource {
  constructor(name: string, args: HeraldArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Herald", name, {}, opts);
    const { stack, host, image, agent, credentials } = args;
    const told: Inputs<Told> = {
      stack,
      host: host.key,
      agent: agent.containerName,
      socket: AGENT_SOCKET,
      token: credentials.balancer.secretId,
      listeners: listenersOn(args),
    };
    new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "herald" }),
        name: heraldName(stack, host.key),
        image: image.imageId,
        command: ["commands/herald.ts", "/etc/flotilla/herald.json"],
        networkMode: "none",
        uploads: [secretFile("/etc/flotilla/herald.json", pulumi.jsonStringify(told))],
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

function listenersOn({ stack, host, services }: HeraldArgs): Told["listeners"] {
  const here = services.filter(({ hosts }) => hosts.includes(host.key));
  return here.flatMap(({ name, requires }) =>
    requires.flatMap(({ key, service, onChange }) => {
      const port = services.find((one) => one.name === service)?.provides;
      if (onChange === undefined || port === undefined) return [];
      const address = { host: frontName(stack, host.key), port };
      return { service: name, requirement: key, provider: service, address, onChange };
    }),
  );
}
