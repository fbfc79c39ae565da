import net from "node:net";
import type { HostSettings, Settings } from "../config/settings.ts";
import { isLocal } from "../lib/docker-endpoint.ts";
import { type HostPort, hostPorts } from "../lib/ports.ts";
import type { RunningContainer } from "./engine.ts";

/** Ports of a host that something else has taken. */
export async function portFaults(
  settings: Settings,
  host: HostSettings,
  containers: readonly RunningContainer[],
): Promise<string[]> {
  // Of several engines here at most one has this machine's own network.
  const isHere = isLocal(host.docker) && settings.hosts.filter(({ docker }) => isLocal(docker)).length === 1;
  const faults = hostPorts(settings, host).map(async (port) => {
    const holders = containers.filter(({ ports }) => ports.includes(port.port));
    const other = holders.find(({ stack }) => stack !== settings.stack);
    if (other) return fault(host, port, `container ${other.name}`);
    return holders.length === 0 && isHere && !(await isFree(port))
      ? fault(host, port, "another program")
      : [];
  });
  return (await Promise.all(faults)).flat();
}

function fault(host: HostSettings, { port, what, path }: HostPort, holder: string): string[] {
  const key = `flotilla:${path.join(".")}`;
  return [
    `host ${host.key}: port ${port}, wanted for ${what} (${key}), is taken by ${holder}. Stop that, or change ${key}.`,
  ];
}

function isFree({ ip, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    // Anything but "in use" (a port below 1024 without root, say) is the engine's to judge.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ host: ip, port }, () => server.close(() => resolve(true)));
  });
}
