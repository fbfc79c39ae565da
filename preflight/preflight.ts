import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, Settings } from "../config/settings.ts";
import { dataCentresOf, movedHosts } from "../lib/data-centres.ts";
import { addressOf } from "../lib/docker-endpoint.ts";
import { backupFaults } from "./backups.ts";
import { capacityFaults } from "./capacity.ts";
import { dataFaults } from "./data.ts";
import { type RunningContainer, running } from "./engine.ts";
import { ephemeralPorts } from "./ephemeral.ts";
import { clockWarnings, type Machine, machineFaults, machineOf } from "./machines.ts";
import { maintenanceWarnings } from "./maintained.ts";
import { networkFaults, networksOf } from "./networks.ts";
import { nfsFaults } from "./nfs.ts";
import { warnOfGaps, warnOfOutages } from "./outages.ts";
import { portFaults } from "./ports.ts";
import { quorumFaults } from "./quorum.ts";
import { type HostOutput, readState, type StackState } from "./state.ts";
import { stoppedServers } from "./stopped.ts";
import { versionFaults } from "./versions.ts";
import { replicaVolumes, volumeFaults } from "./volumes.ts";

/** What {@link preflight} has found on the hosts. */
export interface Findings {
  /** Containers of services that are started by their registration, and that do not run. */
  readonly stopped: readonly string[];
  /**
   * Names of the data centres in which nothing of the stack runs on any host: there is nothing there that one part must
   * wait for another to spare.
   */
  readonly fresh: readonly string[];
  /** By host: names of the volumes that copies of services have each for themselves, where any do. */
  readonly volumes: Readonly<Record<string, readonly string[]>>;
  /** Hosts that are not reached, or not to be, and that are left as they are. */
  readonly absent: readonly AbsentHostState[];
}

/** A host that is left as it is. */
export interface AbsentHostState {
  readonly host: HostSettings;
  /** What the last `up` has told of it; undefined where it has never been reached. */
  readonly output: HostOutput | undefined;
  /** Of all that the state has. */
  readonly urns: readonly string[];
}

/**
 * What only the machines can tell, asked before anything changes: whether each host's engine answers, the ports and the
 * network are free, Consul can read its data, versions and folders that are asked for are there and no limit is beyond what
 * the host has. Gives what the program is to heed of it. Throws one `RunError` with all that is amiss and what to do about it; warns
 * of outages to come, and of what may go wrong one day.
 */
export async function preflight(settings: Settings, state: StackState = readState()): Promise<Findings> {
  const looks = await Promise.all(settings.hosts.map((host) => lookAt(host)));
  const absent = await absentHosts(looks, state);
  const isAbsent = ({ key }: HostSettings) => absent.some(({ host }) => host.key === key);
  const present = looks.filter(({ host }) => !isAbsent(host));
  const found = await Promise.all(present.map((look) => hostFaults(settings, look, state.knowsNetwork)));
  const machines = found.flatMap(({ machine }) => machine ?? []);
  const faults = [...found.flatMap(({ faults }) => faults), ...machineFaults(machines)];
  const reached = withoutHosts(settings, absent);
  // An engine that does not answer has no images to tell of.
  if (faults.length === 0) faults.push(...(await versionFaults(reached)));
  if (settings.hosts.length > 1) faults.push(...moveFaults(settings, await state.hosts()));
  if (absent.length > 0) {
    const keys = absent.map(({ host }) => host.key);
    faults.push(...(await quorumFaults(settings, await state.hosts(), keys)));
  }
  if (faults.length > 0)
    throw new pulumi.RunError(`The Docker hosts are not ready:\n  ${faults.join("\n  ")}`);
  const warnings = await Promise.all([
    ...reached.hosts.map((host) => ephemeralPorts(settings, host)),
    ...present.map(({ host, containers }) =>
      typeof containers === "object" ? maintenanceWarnings(settings, host, containers) : [],
    ),
  ]);
  // Hosts tell of the same services.
  for (const warning of new Set([...warnings.flat(), ...clockWarnings(machines)])) pulumi.log.warn(warning);
  warnOfGaps(settings);
  const stopped = await Promise.all(reached.hosts.map((host) => stoppedServers(settings, host)));
  // What is not seen may run.
  const idle = present.filter((_, index) => found[index]?.isFresh).map(({ host }) => host);
  const fresh = dataCentresOf(settings.hosts).filter(({ hosts }) =>
    hosts.every((host) => idle.includes(host)),
  );
  const volumes = await Promise.all(
    reached.hosts.map(async (host) => [host.key, await replicaVolumes(settings, host)] as const),
  );
  return {
    stopped: stopped.flat(),
    fresh: fresh.map(({ name }) => name),
    volumes: Object.fromEntries(volumes.filter(([, names]) => names.length > 0)),
    absent,
  };
}

/** What a host has in one data centre is nothing that another one could go on with. */
function moveFaults({ hosts }: Settings, known: Readonly<Record<string, HostOutput>>): string[] {
  const former = Object.fromEntries(Object.entries(known).map(([key, { datacenter }]) => [key, datacenter]));
  const present = Object.fromEntries(hosts.map(({ key, datacenter }) => [key, datacenter]));
  return movedHosts(former, present).map(
    (key) =>
      `host ${key}: it is in data centre ${former[key]}, and can't go to ${present[key]} with all that it has. Set ` +
      `flotilla:hosts.${key}.datacenter back to ${former[key]}; or take the host out of the config, run \`pulumi up\`, and add it again.`,
  );
}

/** The settings as far as they are about hosts that are reached. */
export function withoutHosts(settings: Settings, absent: Findings["absent"]): Settings {
  if (absent.length === 0) return settings;
  const keys = absent.map(({ host }) => host.key);
  return {
    ...settings,
    hosts: settings.hosts.filter(({ key }) => !keys.includes(key)),
    services: settings.services.map((service) => ({
      ...service,
      hosts: service.hosts.filter((key) => !keys.includes(key)),
    })),
  };
}

/** A host, and what runs there or why its engine does not answer; nothing of one that is said to be away. */
interface Look {
  readonly host: HostSettings;
  readonly containers: readonly RunningContainer[] | string | undefined;
}

async function lookAt(host: HostSettings): Promise<Look> {
  return { host, containers: host.state === "away" ? undefined : await running(host.docker) };
}

/**
 * Hosts that are away, and those that don't answer while others do: they are left as they are, if there is anything of
 * theirs to leave. Says so.
 */
async function absentHosts(looks: readonly Look[], state: StackState): Promise<AbsentHostState[]> {
  const answers = ({ containers }: Look) => typeof containers === "object";
  if (looks.every(answers)) return [];
  const known = await state.hosts();
  const absent = looks.filter(
    ({ host, containers }) =>
      host.state === "away" || (typeof containers === "string" && known[host.key] && looks.some(answers)),
  );
  if (absent.length === 0) return [];
  const urns = await state.urns();
  for (const { host, containers } of absent) {
    if (typeof containers !== "string") continue;
    pulumi.log.warn(
      `host ${host.key}: no Docker engine answers at ${addressOf(host.docker)} (${containers}). Nothing that is there is looked ` +
        "at or changed, now or in the stack's state; the other hosts go on without it. Once it answers, the next `pulumi up` " +
        `brings it up to date. If it is gone for good, take flotilla:hosts.${host.key} out of the config after this.`,
    );
  }
  return absent.map(({ host }) => ({ host, output: known[host.key], urns }));
}

async function hostFaults(
  settings: Settings,
  { host, containers = "it is away" }: Look,
  isKnown: StackState["knowsNetwork"],
): Promise<{ faults: string[]; isFresh: boolean; machine?: Machine }> {
  if (typeof containers === "string") {
    const fault =
      `host ${host.key}: no Docker engine answers at ${addressOf(host.docker)} (${containers}). Start it, or correct ` +
      `flotilla:hosts.${host.key}.docker; on this machine "npm run setup" starts one.`;
    return { faults: [fault], isFresh: false };
  }
  const asked = networksOf(host.docker);
  const ofNetworks = async () => {
    const networks = await asked;
    warnOfOutages(settings, host, containers, networks);
    return networkFaults(settings, host, networks, isKnown);
  };
  const ofMachine = asked.then((networks) => machineOf(host, networks));
  const faults = await Promise.all([
    dataFaults(settings, host, containers),
    ofNetworks(),
    portFaults(settings, host, containers),
    ofMachine.then((machine) => capacityFaults(settings, host, machine)),
    volumeFaults(settings, host),
    backupFaults(settings, host),
    nfsFaults(settings, host, containers),
  ]);
  const isFresh = containers.every(({ stack }) => stack !== settings.stack);
  return { faults: faults.flat(), isFresh, machine: await ofMachine };
}
