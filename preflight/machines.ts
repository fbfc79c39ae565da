import { isDeepStrictEqual } from "node:util";
import type { HostSettings } from "../config/settings.ts";
import type { Capacity } from "./capacity.ts";
import { ask } from "./engine.ts";
import type { EngineNetwork } from "./networks.ts";

/** A host, as its engine tells of it. */
export interface Machine extends Capacity {
  readonly host: HostSettings;
  /** Ids of its engine's networks. */
  readonly networks: readonly string[];
  /** Such as "linux". */
  readonly system: string;
  /** Such as "x86_64". */
  readonly architecture: string;
  /** Of the engine, such as "20.10.24". */
  readonly version: string;
  /** Seconds that its clock is ahead of this machine's. */
  readonly ahead: number;
}

/** The oldest engine that all of this has run on. */
const oldest = [20, 10] as const;

/** Seconds that clocks may differ by: the answer itself takes its time. */
const tolerance = 10;

const fields = ["NCPU", "MemTotal", "OSType", "Architecture", "ServerVersion", "SystemTime"];

/** Asks a host's engine, whose networks are known already. */
export async function machineOf(host: HostSettings, networks: readonly EngineNetwork[]): Promise<Machine> {
  const format = fields.map((field) => `{{.${field}}}`).join("\t");
  const before = Date.now();
  const answer = await ask(host.docker, "info", "--format", format);
  const now = (before + Date.now()) / 2;
  const [cpus, bytes, system = "", architecture = "", version = "", time = ""] = answer.trim().split("\t");
  return {
    host,
    cpus: Number(cpus),
    memory: Math.floor(Number(bytes) / 2 ** 20),
    networks: networks.map(({ Id }) => Id).sort(),
    system,
    architecture,
    version,
    ahead: (Date.parse(time) - now) / 1000,
  };
}

/** What makes machines unfit, by themselves or beside each other. */
export function machineFaults(machines: readonly Machine[]): string[] {
  const [first] = machines;
  return machines.flatMap((machine, index) => {
    const { host, networks, system, architecture, version } = machine;
    const at = `host ${host.key}:`;
    // Not by the engine's own id, which machines that are copies of one have in common, and all engines of one machine.
    const twin = machines
      .slice(0, index)
      .find((other) => networks.length > 0 && isDeepStrictEqual(other.networks, networks));
    if (twin)
      return `${at} its Docker engine is that of host ${twin.host.key}, by another endpoint. Take one of the two out of the config.`;
    if (system !== "linux")
      return `${at} its Docker engine runs ${system} containers, and Linux ones are needed. Switch it over, or take another host.`;
    if (isOld(version))
      return `${at} its Docker engine is ${version}, and ${oldest.join(".")} or newer is needed. Bring it up to date.`;
    if (first && architecture !== first.architecture)
      return (
        `${at} its machine is ${architecture}, and that of host ${first.host.key} is ${first.architecture}: images are built ` +
        "once for all hosts of a stack. Take machines of one kind."
      );
    return [];
  });
}

/** Of clocks that are off: logs of several hosts, and the versions that `npm run rollback` lists, are in a wrong order then. */
export function clockWarnings(machines: readonly Machine[]): string[] {
  return machines
    .filter(({ ahead }) => Math.abs(ahead) > tolerance)
    .map(({ host, ahead }) => {
      const seconds = `${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? "ahead of" : "behind"}`;
      return (
        `host ${host.key}: its clock is ${seconds} this machine's, so that logs of several hosts and lists of versions are in a ` +
        "wrong order. Have it set by NTP."
      );
    });
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
}
