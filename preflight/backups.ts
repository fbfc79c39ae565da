import type { HostSettings, Settings } from "../config/settings.ts";
import { partsOn } from "../lib/backups.ts";
import { refusalOfFolder } from "./volumes.ts";

/** A folder that backups are to go to and a host has not, by its engine's own word: Docker would make one, on whatever disk. */
export async function backupFaults(settings: Settings, host: HostSettings): Promise<string[]> {
  const { target } = settings.backups ?? {};
  if (target?.kind !== "folder" || partsOn(settings, host).length === 0) return [];
  const reason = await refusalOfFolder(host.docker, target.path);
  if (reason === undefined) return [];
  return [
    `host ${host.key}: folder ${target.path}, wanted for backups (flotilla:backups.target.folder), is not to be had: ${reason}. Make it.`,
  ];
}
