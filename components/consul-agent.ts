import * as pulumi from "@pulumi/pulumi";
import type { ConsulSettings, HostSettings, NetworkSettings } from "../config/settings.ts";
import { agentPeer } from "../lib/consul-peers.ts";
import { agentName, dataVolumeName, joined, socketVolumeName } from "../lib/names.ts";
import { renderFile } from "../lib/render.ts";
import { agentAddress } from "../lib/subnet.ts";
import { uuidOf } from "../lib/uuid.ts";
import { joinAddresses } from "./consul-cluster.ts";
import { peerPorts } from "./consul-ports.ts";
import { tlsFiles } from "./consul-tls.ts";
import { containerDefaults, limits } from "./container-defaults.ts";
import type { Credentials } from "./credentials.ts";
import * as docker from "./docker.ts";
import type { DockerHost } from "./docker-host.ts";
import { namedVolume } from "./named-volume.ts";
import { secretFile } from "./secret-file.ts";

/** Folder with the socket at which an agent answers the balancers of its host: they ask nobody over a network. */
const SOCKET_FOLDER = "/run/consul";

/** The socket itself. */
export const AGENT_SOCKET = `${SOCKET_FOLDER}/http.sock`;

/** Arguments for {@link ConsulAgent}. */
export interface ConsulAgentArgs {
  readonly stack: string;
  readonly host: DockerHost;
  /** Every host of its data centre. */
  readonly hosts: readonly HostSettings[];
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
  /** The volume with {@link AGENT_SOCKET}; containers that mount it wait for this. */
  readonly socket: pulumi.Resource;
  /** How those mount it who ask the agent. */
  readonly socketMount: docker.types.input.ContainerVolume;

  constructor(name: string, args: ConsulAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:ConsulAgent", name, {}, opts);
    const { stack, host, network, consul, credentials } = args;
    const { datacenter } = host.settings;
    const peer = agentPeer(host.settings, args);
    this.containerName = agentName(stack, host.key);

    // What is registered outlives the container. Nothing of it is lost for good: `pulumi up` registers anew.
    const data = namedVolume(
      joined(name, "data"),
      { stack, host: host.key, volume: dataVolumeName(this.containerName) },
      { parent: this },
    );
    const volume = socketVolumeName(this.containerName);
    this.socket = namedVolume(joined(name, "socket"), { stack, host: host.key, volume }, { parent: this });
    // By its name, so that the balancers don't go with it when it is replaced.
    const mount = { volumeName: volume, containerPath: SOCKET_FOLDER };
    this.socketMount = { ...mount, readOnly: true };
    const config = pulumi
      .all([credentials.gossipKey, credentials.agentOn(host.key).secretId])
      .apply(([gossipKey, agentToken]) =>
        renderFile("consul/agent.hcl.mustache", {
          host: host.key,
          stack,
          datacenter,
          nodeName: this.containerName,
          nodeId: uuidOf(`${stack} agent ${host.key}`),
          // Of its two networks, what is published on the host leads to the one that Docker chooses.
          bindAddress: peer ? "0.0.0.0" : addressIn(network.controlSubnet),
          socket: AGENT_SOCKET,
          peer,
          joinAddresses: joinAddresses(args),
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
        networksAdvanced: [
          { name: host.controlNetworkName },
          // Docker leads what is published to this one. What the kernel keeps of connections by UDP outlives a container.
          { name: host.networkName, ...(peer && { ipv4Address: agentAddress(network.subnet) }) },
        ],
        ...(peer && { ports: peerPorts([], peer.gossipPort) }),
        uploads: [
          secretFile("/consul/config/agent.hcl", config),
          ...tlsFiles(credentials, { role: "client", datacenter, name: this.containerName }),
        ],
        volumes: [{ volumeName: data.name, containerPath: "/consul/data" }, mount],
        destroyGraceSeconds: 15,
      },
      {
        parent: this,
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["uploads"],
        // The container alone: the volume is deleted along with others then, not by itself.
        dependsOn: [...args.after, this.socket],
      },
    );
    this.containerId = container.id;
    this.registerOutputs({ containerName: this.containerName });
  }
}

/** A container's own address in the subnet, as Consul finds it out (hashicorp/go-sockaddr's templates). */
function addressIn(subnet: string): string {
  return `{{ GetAllInterfaces | include \`network\` \`${subnet}\` | attr \`address\` }}`;
}
