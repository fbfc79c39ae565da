import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { hostsThatCarry, type Placement, placeServers } from "../lib/consul-placement.ts";
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
  const placement = placeServers(
    hosts.map(({ key }) => key),
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
  const { hosts, consul } = settings;
  if (hosts.length < 2 || consul.servers < 3) return settings;
  const carrying = hostsThatCarry(Object.fromEntries(hosts.map((host) => [host.key, host.consulServers])));
  if (carrying.length === 0) return settings;
  const advice =
    hosts.length < 3
      ? "With a third host there would be one."
      : `Spread them by hosts.<key>.consulServers; a server that moves takes a number that none has had.`;
  pulumi.log.info(
    `Consul has no quorum any more when host ${carrying.join(" or ")} is lost: what serves then serves on, but nothing can be ` +
      `changed until it is back. ${advice}`,
  );
  return settings;
}
