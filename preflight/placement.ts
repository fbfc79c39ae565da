import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, Settings } from "../config/settings.ts";
import { hostsThatCarry, type Placement, placeServersInEach } from "../lib/consul-placement.ts";
import { type DataCentre, dataCentresOf } from "../lib/data-centres.ts";
import type { StackState } from "./state.ts";

/**
 * Settings in which each Consul server that is there stays where it is, unless the config says where they live. Tells whose
 * loss would leave Consul without a quorum where it might be otherwise.
 */
export async function withServersInPlace(
  settings: Settings,
  { hosts: known }: StackState,
): Promise<Settings> {
  const { hosts, consul } = settings;
  if (hosts.some(({ placesServers }) => placesServers)) return told(settings);
  const former: Placement = Object.fromEntries(
    Object.entries(await known()).map(([key, { consulServers }]) => [key, consulServers ?? []]),
  );
  const placement = placeServersInEach(
    hosts,
    consul.servers,
    former,
    hosts.filter(({ state }) => state === "away").map(({ key }) => key),
  );
  return told({
    ...settings,
    hosts: hosts.map((host) => ({ ...host, consulServers: placement[host.key] ?? [] })),
  });
}

function told(settings: Settings): Settings {
  const centres = dataCentresOf(settings.hosts);
  if (settings.consul.servers >= 3)
    for (const centre of centres) tell(centre, centres.length > 1 ? ` in data centre ${centre.name}` : "");
  return settings;
}

function tell({ hosts }: DataCentre<HostSettings>, where: string): void {
  if (hosts.length < 2) return;
  const carrying = hostsThatCarry(Object.fromEntries(hosts.map((host) => [host.key, host.consulServers])));
  if (carrying.length === 0) return;
  const advice =
    hosts.length < 3
      ? "With a third host there would be one."
      : "Spread them by hosts.<key>.consulServers; a server that moves takes a number that none has had.";
  pulumi.log.info(
    `Consul has no quorum any more${where} when host ${carrying.join(" or ")} is lost: what serves then serves on, but ` +
      `nothing can be changed until it is back. ${advice}`,
  );
}
