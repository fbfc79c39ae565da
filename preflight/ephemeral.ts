import { readFile } from "node:fs/promises";
import type { HostSettings, Settings } from "../config/settings.ts";
import { isLocal } from "../lib/docker-endpoint.ts";
import { hostPorts } from "../lib/ports.ts";

/** First and last of some ports. */
export type PortRange = readonly [first: number, last: number];

/**
 * Warnings of ports that the kernel of this machine may have handed out to a client just when they are needed, one for
 * each key they derive from; none for hosts elsewhere.
 */
export async function ephemeralPorts(settings: Settings, host: HostSettings): Promise<string[]> {
  if (!isLocal(host.docker)) return [];
  const [ephemeral, reserved] = await Promise.all([
    setting("ip_local_port_range"),
    setting("ip_local_reserved_ports"),
  ]);
  const [range] = ranges(ephemeral.trim().replace(/\s+/, "-"));
  return range ? portsWithin(settings, host, range, ranges(reserved)) : [];
}

/** The same, of a kernel with this range, but for the ports that it keeps back. */
export function portsWithin(
  settings: Settings,
  host: HostSettings,
  [first, last]: PortRange,
  reserved: readonly PortRange[],
): string[] {
  const isReserved = (port: number) => reserved.some(([from, to]) => from <= port && port <= to);
  const exposed = hostPorts(settings, host).filter(
    ({ port }) => first <= port && port <= last && !isReserved(port),
  );
  return [...Map.groupBy(exposed, ({ path }) => `flotilla:${path.join(".")}`)].map(([key, ports]) => {
    const numbers = ports.map(({ port }) => port).sort((a, b) => a - b);
    return (
      `host ${host.key}: of the ports that the kernel hands out to clients (net.ipv4.ip_local_port_range: ${first} to ${last}), ` +
      `${key} takes ${numbers.join(", ")}, and may find them taken now and then. Change ${key}, ` +
      "or add them to net.ipv4.ip_local_reserved_ports."
    );
  });
}

/** Ranges as the kernel writes them, such as "8080,9148-9150". */
function ranges(text: string): PortRange[] {
  return [...text.matchAll(/(\d+)(?:-(\d+))?/g)].map(([, first, last = first]) => [
    Number(first),
    Number(last),
  ]);
}

async function setting(name: string): Promise<string> {
  return readFile(`/proc/sys/net/ipv4/${name}`, "utf8").catch(() => "");
}
