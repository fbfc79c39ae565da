import { existsSync, readFileSync } from "node:fs";
import type { HostSettings, Settings } from "../config/settings.ts";
import { addressOf, type Endpoint, isLocal } from "../lib/docker-endpoint.ts";
import { consulServerPrefix, controlNetworkName, networkName } from "../lib/names.ts";
import { cidrOf, subnetsOverlap } from "../lib/subnet.ts";
import { ask } from "./engine.ts";
import type { StackState } from "./state.ts";

/** A network as its engine tells of it. */
export interface EngineNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null };
}

/** A network that the stack has, or is to have. */
interface Wanted {
  readonly name: string;
  readonly subnet: string;
  /** The key that sets the subnet. */
  readonly key: string;
}

/**
 * What stands in the way of the stack's networks on a host: another network, or a route of the host's own, that has some of
 * their addresses; a network of a name of theirs that is not of this stack's state.
 */
export async function networkFaults(
  settings: Settings,
  host: HostSettings,
  networks: readonly EngineNetwork[],
  isKnown: StackState["knowsNetwork"],
): Promise<string[]> {
  const { stack, network } = settings;
  const wanted: Wanted[] = [
    { name: networkName(stack), subnet: network.subnet, key: "network.subnet" },
    { name: controlNetworkName(stack), subnet: network.controlSubnet, key: "network.controlSubnet" },
  ];
  const names = wanted.map(({ name }) => name);
  const others = networks.filter(({ Name }) => !names.includes(Name));
  const faults = wanted.map((one) => faultsOf(one, settings, host, { networks, others, isKnown }));
  return (await Promise.all(faults)).flat();
}

interface Seen {
  readonly networks: readonly EngineNetwork[];
  /** Those that are not the stack's. */
  readonly others: readonly EngineNetwork[];
  readonly isKnown: StackState["knowsNetwork"];
}

async function faultsOf(
  { name, subnet, key }: Wanted,
  { stack }: Settings,
  host: HostSettings,
  { networks, others, isKnown }: Seen,
): Promise<string[]> {
  const own = networks.find(({ Name }) => Name === name);
  const faults = [
    ...others.flatMap((other) => {
      const taken = subnetsOf(other).find((theirs) => subnetsOverlap(theirs, subnet));
      return taken === undefined ? [] : [`Docker network ${other.Name} (${taken})`];
    }),
    ...routesOf(host)
      .filter((route) => subnetsOverlap(route, subnet))
      // Those of a network of the engine's are told of by its name.
      .filter((route) => !networks.flatMap(subnetsOf).includes(route))
      .map((route) => `a route of the host's own (${route})`),
  ].map(
    (holder) =>
      `host ${host.key}: network ${subnet} (flotilla:${key}) overlaps ${holder}. Choose another, such as ` +
      "one that `docker network ls` and `ip route` do not show.",
  );
  if (!own) return faults;
  if (!(await isKnown(own.Id))) {
    const docker = `docker -H ${addressOf(host.docker)}`;
    return [
      `host ${host.key}: there is a network ${own.Name} already that this stack's state does not know, so another user or ` +
        `clone has a stack ${stack} there. Give this one another name, or use that one's state (\`pulumi login\`). If nobody ` +
        "has, it was left behind, as on a host that was taken out of the config while it was dead: " +
        `${docker} rm --force $(${docker} ps --all --quiet --filter label=flotilla.stack=${stack}); ${docker} network rm ${own.Name}; ` +
        // What a server knew of its cluster must not come back to it.
        `${docker} volume ls --quiet --filter name=^${consulServerPrefix(stack)} | xargs --no-run-if-empty ${docker} volume rm`,
    ];
  }
  return faults;
}

/** The networks of an engine. */
export async function networksOf(endpoint: Endpoint): Promise<EngineNetwork[]> {
  const ids = (await ask(endpoint, "network", "ls", "--quiet", "--no-trunc")).split("\n").filter(Boolean);
  if (ids.length === 0) return [];
  return JSON.parse(await ask(endpoint, "network", "inspect", ...ids)) as EngineNetwork[];
}

export function subnetsOf({ IPAM }: EngineNetwork): string[] {
  return (IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
}

/** IPv4 networks that this machine has routes to, where it is the host; not the default route. */
function routesOf(host: HostSettings): string[] {
  const file = "/proc/net/route";
  if (!isLocal(host.docker) || !existsSync(file)) return [];
  const rows = readFileSync(file, "utf8").trim().split("\n").slice(1);
  return rows.flatMap((row) => {
    const [, destination = "0", , , , , , mask = "0"] = row.split("\t");
    return mask === "00000000" ? [] : [cidrOf(destination, mask)];
  });
}
