import * as pulumi from "@pulumi/pulumi";
import type { ConsulSettings, NetworkSettings } from "../config/settings.ts";
import { agentName, dataVolumeName, joined } from "../lib/names.ts";
import { renderFile } from "../lib/render.ts";
import { uuidOf } from "../lib/uuid.ts";
import { joinAddresses } from "./consul-cluster.ts";
import { containerDefaults, limits } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import { namedVolume } from "./named-volume.ts";
import { secretFile } from "./secret-file.ts";

/** Arguments for {@link ConsulAgent}. */
export interface ConsulAgentArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** What is to be there before it: the servers. */
  readonly after: pulumi.Resource[];
  readonly network: NetworkSettings;
  readonly consul: ConsulSettings;
  readonly credentials: Credentials;
}

/** A host's Consul agent: holds and checks the registrations of every instance on the host. */
export class ConsulAgent extends pulumi.ComponentResource {
  readonly containerName: string;
  /** Changes with every new container. */
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: ConsulAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:ConsulAgent", name, {}, opts);
    const { stack, host, consul, credentials } = args;
    const { datacenter } = host.settings;
    this.containerName = agentName(stack, host.key);

    // What is registered outlives the container. Nothing of it is lost for good: `pulumi up` registers anew.
    const data = namedVolume(
      joined(name, "data"),
      { stack, host: host.key, volume: dataVolumeName(this.containerName) },
      { parent: this },
    );
    const config = pulumi
      .all([credentials.gossipKey, credentials.agentOn(host.key).secretId])
      .apply(([gossipKey, agentToken]) =>
        renderFile("consul/agent.hcl.mustache", {
          host: host.key,
          stack,
          datacenter,
          nodeName: this.containerName,
          nodeId: uuidOf(`${stack} agent ${host.key}`),
          joinAddresses: joinAddresses(args.network.subnet, consul.servers),
          gossipKey,
          agentToken,
        }),
      );
    const container = new docker.Container(
      name,
      {
        ...containerDefaults({ stack, host: host.key, role: "agent" }),
        ...limits(consul),
        name: this.containerName,
        image: host.images.consul.imageId,
        networkMode: host.networkName,
        uploads: [secretFile("/consul/config/agent.hcl", config)],
        volumes: [{ volumeName: data.name, containerPath: "/consul/data" }],
        destroyGraceSeconds: 15,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["uploads"],
        // The container alone: the volume is deleted along with others then, not by itself.
        dependsOn: args.after,
      },
    );
    this.containerId = container.id;
    this.registerOutputs({ containerName: this.containerName });
  }
}
