import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterArgs } from "../commands/register.ts";
import { instancePrefix, serviceVolumeName } from "../lib/names.ts";
import type { RegistrySettings, ServiceSettings } from "../lib/settings-types.ts";
import { BuiltImage } from "./built-image.ts";
import { stdinJson } from "./command-input.ts";
import type { ConsulAgent } from "./consul-agent.ts";
import { containerDefaults, limits } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import type { HaproxyTier } from "./haproxy-tier.ts";
import { volumeLabels } from "./volume-container.ts";

/** Arguments for {@link ServerPool}. */
export interface ServerPoolArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** Every host whose balancers send requests here. */
  readonly balancerHosts: readonly DockerHost[];
  /** Must be ready before anything is registered; the containers themselves need not wait for them. */
  readonly balancers: readonly HaproxyTier[];
  readonly agent: ConsulAgent;
  readonly service: ServiceSettings;
  readonly credentials: Credentials;
  readonly registry?: RegistrySettings;
  /** Whether Pulumi must refuse to delete the service's volumes. */
  readonly protect: boolean;
}

/**
 * The copies of one service on one host, registered with the host's agent. Containers are created before those they
 * replace are deleted; in between, the registration moves the traffic over. It alone decides who serves.
 */
export class ServerPool extends pulumi.ComponentResource {
  readonly service: string;
  /** Names of the containers; also their addresses in the network. */
  readonly instances: pulumi.Output<string[]>;

  constructor(name: string, args: ServerPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:ServerPool", name, {}, opts);
    this.service = args.service.name;
    const image = this.#image(name, args);
    const volumes = this.#volumes(name, args);
    const servers = Array.from({ length: args.service.replicas }, (_, index) =>
      this.#server(index + 1, image, volumes, args),
    );
    this.instances = pulumi.all(servers.map((server) => server.name));
    this.#registration(`${name}-registration`, servers, args);
    this.registerOutputs({ instances: this.instances });
  }

  #image(name: string, { stack, service, registry }: ServerPoolArgs): pulumi.Output<string> {
    const { source } = service;
    if (source.kind === "image") {
      return new docker.RemoteImage(name, { name: source.image, keepLocally: true }, { parent: this })
        .imageId;
    }
    const { context, dockerfile, args } = source;
    return new BuiltImage(
      name,
      { image: `${stack}-${service.name}`, context, dockerfile, args, registry },
      { parent: this },
    ).imageId;
  }

  #volumes(name: string, { stack, host, service, protect }: ServerPoolArgs) {
    return service.volumes.map(({ name: volume, path, readOnly }) => {
      const resource = new docker.Volume(
        `${name}-${volume}`,
        { name: serviceVolumeName(stack, service.name, volume), labels: volumeLabels(stack, host.key) },
        { parent: this, protect },
      );
      return { volumeName: resource.name, containerPath: path, readOnly };
    });
  }

  #server(
    number: number,
    image: pulumi.Output<string>,
    volumes: pulumi.Input<docker.types.input.ContainerVolume>[],
    { stack, host, service }: ServerPoolArgs,
  ): docker.Container {
    const { command: cmd, env, secrets, stopGrace } = service;
    const plain = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    const secret = Object.entries(secrets).map(([key, value]) => pulumi.secret(`${key}=${value}`));
    return new docker.Container(
      instancePrefix(stack, service.name, host.key, number),
      {
        ...containerDefaults({ stack, host: host.key, role: "server", service: service.name }),
        ...limits(service),
        image,
        networkMode: host.networkName,
        envs: [...plain, ...secret],
        volumes: [...volumes, { fromContainer: host.logs.containerName }],
        destroyGraceSeconds: stopGrace,
        ...(cmd && { command: [...cmd] }),
      },
      {
        parent: this,
        deleteBeforeReplace: false,
        ...(secret.length > 0 && { additionalSecretOutputs: ["envs"] }),
      },
    );
  }

  #registration(name: string, servers: readonly docker.Container[], args: ServerPoolArgs): void {
    const { stack, host, balancerHosts, agent, service, credentials } = args;
    const { name: serviceName, port, health, drain } = service;
    new Command(
      name,
      {
        create: "node commands/register.ts",
        update: "node commands/register.ts",
        delete: "node commands/register.ts --withdraw",
        ...stdinJson<RegisterArgs>({
          stack,
          host: host.key,
          docker: host.settings.docker,
          balancerHosts: balancerHosts.map(({ settings }) => settings.docker),
          agent: agent.containerName,
          agentId: agent.containerId,
          token: credentials.registration.secretId,
          service: { name: serviceName, port, health },
          instances: this.instances,
          healthTimeout: health.timeout,
          drain,
        }),
      },
      { parent: this, dependsOn: [...servers, ...args.balancers] },
    );
  }
}
