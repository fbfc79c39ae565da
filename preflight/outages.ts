import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, Settings } from "../config/settings.ts";
import { frontName, networkName } from "../lib/names.ts";
import { frontPorts } from "../lib/ports.ts";
import type { RunningContainer } from "./engine.ts";
import { type EngineNetwork, subnetsOf } from "./networks.ts";

/** Says which services would be without any copy while they roll, though they have several. */
export function warnOfGaps({ services }: Pick<Settings, "services">): void {
  for (const { name, port, replicas, rollout } of services) {
    if (port === undefined || rollout.order !== "stop-first" || replicas < 2 || rollout.surge < replicas)
      continue;
    pulumi.log.warn(
      `service ${name}: under rollout.order stop-first its ${replicas} copies are all stopped at once when they are replaced, ` +
        `and requests get 503 until new ones serve. flotilla:services.${name}.rollout.surge: 1 replaces one after the other.`,
    );
  }
}

/** Says, on the preview too, which changes can't be made beside what runs: those of the network, and of published ports. */
export function warnOfOutages(
  settings: Settings,
  host: HostSettings,
  containers: readonly RunningContainer[],
  networks: readonly EngineNetwork[],
): void {
  const { stack, network, loadBalancers } = settings;
  const own = networks.find(({ Name }) => Name === networkName(stack));
  if (own && !subnetsOf(own).includes(network.subnet)) {
    pulumi.log.warn(
      `host ${host.key}: OUTAGE. network.subnet changes from ${subnetsOf(own).join(", ")} to ${network.subnet}: the ` +
        "network is replaced, with every container in it, and requests fail until the new ones serve (about a minute).",
    );
  }
  const front = containers.find(({ name }) => name === frontName(stack, host.key));
  if (!front) return;
  const wanted = frontPorts(settings).map(({ port }) => port);
  const gone = front.ports.filter((port) => !wanted.includes(port));
  const changed: (number | string)[] = [
    ...new Set([...gone, ...wanted.filter((port) => !front.ports.includes(port))]),
  ];
  if (front.ipv6 !== loadBalancers.ipv6) changed.push(loadBalancers.ipv6 ? "IPv6, too" : "no IPv6 any more");
  if (changed.length > 0) {
    pulumi.log.warn(
      `host ${host.key}: OUTAGE. Published ports change (${changed.join(", ")}): ${front.name}, which holds them all, is ` +
        "replaced with its balancers, and requests fail for some seconds.",
    );
  }
}
