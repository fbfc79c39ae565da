import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, NetworkSettings } from "../config/settings.ts";
import type { OwnImage } from "../lib/images/own-images.ts";
import {
  controlNetworkName,
  joined,
  LOG_FOLDER,
  logVolumeContainerName,
  logVolumeName,
  networkName,
} from "../lib/names.ts";
import { dynamicRange, gatewayAddress } from "../lib/subnet.ts";
import * as docker from "./docker.ts";
import type { HostImage, Images } from "./images.ts";
import { VolumeContainer } from "./volume-container.ts";

/** Arguments for {@link DockerHost}. */
export interface DockerHostArgs {
  readonly stack: string;
  readonly host: HostSettings;
  readonly network: NetworkSettings;
  readonly images: Images;
  /** The host's provider; also handed to children that don't inherit it. */
  readonly provider: docker.Provider;
}

/** What every part on one Docker host builds upon: the networks, our own images, the balancers' log volume. */
export class DockerHost extends pulumi.ComponentResource {
  readonly key: string;
  readonly settings: HostSettings;
  readonly provider: docker.Provider;
  readonly networkName: pulumi.Output<string>;
  /** The network that Consul's servers and agents have to themselves. */
  readonly controlNetworkName: pulumi.Output<string>;
  /** Ids of the networks that this host makes. */
  readonly networkIds: pulumi.Output<string[]>;
  readonly images: Readonly<Record<Exclude<OwnImage, "programs" | "backup">, HostImage>> & {
    /** Only where something runs them. */
    readonly programs?: HostImage;
    readonly backup?: HostImage;
  };
  /** The balancers' log volume; containers that mount it wait for this. */
  readonly logs: VolumeContainer;
  /** How they mount it. */
  readonly logMount: docker.types.input.ContainerVolume;

  constructor(name: string, args: DockerHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:DockerHost", name, {}, { ...opts, providers: [args.provider] });
    const { stack, host } = args;
    this.key = host.key;
    this.settings = host;
    this.provider = args.provider;
    const { subnet, controlSubnet } = args.network;
    const data = this.#network(joined(name, "network"), networkName(stack), subnet);
    const control = this.#network(joined(name, "control"), controlNetworkName(stack), controlSubnet);
    this.networkName = data.name;
    this.controlNetworkName = control.name;
    this.networkIds = pulumi.all([data.id, control.id]);

    const image = (role: OwnImage) => args.images.own(role, joined(name, role), host.key, { parent: this });
    this.images = {
      consul: image("consul"),
      balancer: image("balancer"),
      front: image("front"),
      warden: image("warden"),
      "log-keeper": image("log-keeper"),
      ...(args.images.isWanted("programs", host.key) && { programs: image("programs") }),
      ...(args.images.isWanted("backup", host.key) && { backup: image("backup") }),
    };
    this.logs = new VolumeContainer(
      joined(name, "logs"),
      {
        stack,
        host: host.key,
        containerName: logVolumeContainerName(stack, host.key),
        image: this.images.front.imageId,
        volumes: [{ name: logVolumeName(stack), path: LOG_FOLDER }],
        // Logs are no state that a deployment hangs on.
        protect: false,
      },
      { parent: this },
    );
    this.logMount = { volumeName: logVolumeName(stack), containerPath: LOG_FOLDER };
    this.registerOutputs({
      networkName: this.networkName,
      controlNetworkName: this.controlNetworkName,
    });
  }

  /** Every host has its own: what serves there needs no other host to start. */
  #network(name: string, network: string, subnet: string): docker.Network {
    return new docker.Network(
      name,
      {
        name: network,
        driver: "bridge",
        attachable: false,
        ipamConfigs: [{ subnet, gateway: gatewayAddress(subnet), ipRange: dynamicRange(subnet) }],
      },
      { parent: this, deleteBeforeReplace: true },
    );
  }
}
