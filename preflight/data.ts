import type { HostSettings, Settings } from "../config/settings.ts";
import type { RunningContainer } from "./engine.ts";

/** What keeps Consul's data on a host from being read: an older Consul than the one that wrote it, or names of old. */
export function dataFaults(
  { stack, consul }: Settings,
  host: HostSettings,
  containers: readonly RunningContainer[],
): string[] {
  const servers = containers.filter((container) => container.stack === stack && container.role === "consul");
  const former = servers.find(({ consul }) => consul === "");
  if (former) {
    return [
      `host ${host.key}: stack ${stack} was made by an earlier version of flotilla (container ${former.name}), whose names ` +
        "and Consul differ. Take it down with that version first: check it out, then `npm run down`.",
    ];
  }
  const newer = servers.find((server) => isOlder(consul.image, server.consul));
  if (!newer) return [];
  return [
    `host ${host.key}: Consul's data was written by ${newer.consul}, and can't be taken down to ${consul.image} ` +
      "(flotilla:consul.image). Stay with that one or a newer one, or take the stack down first, data and all.",
  ];
}

/** Whether the first image's tag is a lower version than the other's, as far as both tell. */
export function isOlder(image: string, than: string): boolean {
  const [a, b] = [versionOf(image), versionOf(than)];
  if (!a || !b) return false;
  return a.major < b.major || (a.major === b.major && a.minor < b.minor);
}

function versionOf(image: string): { major: number; minor: number } | undefined {
  const [, major, minor] = /:v?(\d+)\.(\d+)[^/]*$/.exec(image) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
