import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, Settings } from "../config/settings.ts";
import { addressOf } from "../lib/docker-endpoint.ts";
import { capacityFaults } from "./capacity.ts";
import { dataFaults } from "./data.ts";
import { running } from "./engine.ts";
import { ephemeralPorts } from "./ephemeral.ts";
import { networkFaults, networksOf } from "./networks.ts";
import { warnOfGaps, warnOfOutages } from "./outages.ts";
import { portFaults } from "./ports.ts";
import { type KnowsNetwork, knownNetworks } from "./state.ts";
import { stoppedServers } from "./stopped.ts";
import { versionFaults } from "./versions.ts";

/** What {@link preflight} has found on the hosts. */
export interface Findings {
  /** Containers of services that are started by their registration, and that do not run. */
  readonly stopped: readonly string[];
  /** Whether nothing of the stack runs on any host: then there is nothing that one part must wait for another to spare. */
  readonly isFresh: boolean;
}

/**
 * What only the machines can tell, asked before anything changes: whether each host's engine answers, the ports and the
 * network are free, Consul can read its data, versions that are asked for are there and no limit is beyond what the host
 * has. Gives what the program is to heed of it. Throws one `RunError` with all that is amiss and what to do about it; warns
 * of outages to come, and of what may go wrong one day.
 */
export async function preflight(settings: Settings, isKnown = knownNetworks()): Promise<Findings> {
  const looks = await Promise.all(settings.hosts.map((host) => hostFaults(settings, host, isKnown)));
  const faults = looks.flatMap(({ faults }) => faults);
  // An engine that does not answer has no images to tell of.
  if (faults.length === 0) faults.push(...(await versionFaults(settings)));
  if (faults.length > 0)
    throw new pulumi.RunError(`The Docker hosts are not ready:\n  ${faults.join("\n  ")}`);
  const warnings = await Promise.all(settings.hosts.map((host) => ephemeralPorts(settings, host)));
  for (const warning of warnings.flat()) pulumi.log.warn(warning);
  warnOfGaps(settings);
  const stopped = await Promise.all(settings.hosts.map((host) => stoppedServers(settings, host)));
  return { stopped: stopped.flat(), isFresh: looks.every(({ isFresh }) => isFresh) };
}

async function hostFaults(
  settings: Settings,
  host: HostSettings,
  isKnown: KnowsNetwork,
): Promise<{ faults: string[]; isFresh: boolean }> {
  const containers = await running(host.docker);
  if (typeof containers === "string") {
    const fault =
      `host ${host.key}: no Docker engine answers at ${addressOf(host.docker)} (${containers}). Start it, or correct ` +
      `flotilla:hosts.${host.key}.docker; on this machine "npm run setup" starts one.`;
    return { faults: [fault], isFresh: false };
  }
  const ofNetworks = async () => {
    const networks = await networksOf(host.docker);
    warnOfOutages(settings, host, containers, networks);
    return networkFaults(settings, host, networks, isKnown);
  };
  const faults = await Promise.all([
    dataFaults(settings, host, containers),
    ofNetworks(),
    portFaults(settings, host, containers),
    capacityFaults(settings, host),
  ]);
  return { faults: faults.flat(), isFresh: containers.every(({ stack }) => stack !== settings.stack) };
}
