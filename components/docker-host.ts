import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, NetworkSettings } from "../config/settings.ts";
import type { OwnImage } from "../lib/images/own-images.ts";
import { joined, logVolumeContainerName, logVolumeName, networkName } from "../lib/names.ts";
import { dynamicRange, gatewayAddress } from "../lib/subnet.ts";
import * as docker from "./docker.ts";
import type { HostImage, Images } from "./images.ts";
import { VolumeContainer } from "./volume-container.ts";

/** Where containers write their logs: a volume of the balancers, and another one of each service. */
export const LOG_FOLDER = "/var/log/flotilla";

/** Arguments for {@link DockerHost}. */
export interface DockerHostArgs {
  readonly stack: string;
  readonly host: HostSettings;
  readonly network: NetworkSettings;
  readonly images: Images;
  /** The host's provider; also handed to children that don't inherit it. */
  readonly provider: docker.Provider;
}

/** What every part on one Docker host builds upon: the network, our own images, the balancers' log volume. */
export class DockerHost extends pulumi.ComponentResource {
  readonly key: string;
  readonly settings: HostSettings;
  readonly provider: docker.Provider;
  readonly networkName: pulumi.Output<string>;
  readonly images: Readonly<Record<OwnImage, HostImage>>;
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
    // The host of the first Consul server makes the network; those that join an overlay find it there.
    this.networkName = host.consulServers.includes(1)
      ? this.#network(name, args)
      : pulumi.output(networkName(stack));

    const image = (role: OwnImage) => args.images.own(role, joined(name, role), host.key, { parent: this });
    this.images = {
      consul: image("consul"),
      balancer: image("balancer"),
      front: image("front"),
      warden: image("warden"),
      "log-keeper": image("log-keeper"),
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
    this.registerOutputs({ networkName: this.networkName });
  }

  #network(name: string, { stack, network }: DockerHostArgs): pulumi.Output<string> {
    const { subnet, driver } = network;
    return new docker.Network(
      joined(name, "network"),
      {
        name: networkName(stack),
        driver,
        attachable: driver === "overlay",
        ipamConfigs: [{ subnet, gateway: gatewayAddress(subnet), ipRange: dynamicRange(subnet) }],
      },
      { parent: this, deleteBeforeReplace: true },
    ).name;
  }
}
