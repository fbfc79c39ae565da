import net from "node:net";
import type { HostSettings, Settings } from "../config/settings.ts";
import { isLocal } from "../lib/docker-endpoint.ts";
import { DockerEngine } from "../runtime/docker.ts";
import type { RunningContainer } from "./engine.ts";
import { volumesOn } from "./volumes.ts";

/** Seconds that an NFS server gets to take a connection. A mount would wait for minutes, or for good. */
const PATIENCE = 5;

/** NFS servers that take no connection from a host, as far as anything there can try. */
export async function nfsFaults(
  settings: Settings,
  host: HostSettings,
  containers: readonly RunningContainer[],
): Promise<string[]> {
  const volumes = volumesOn(settings, host).filter(
    ({ volume: { kind, owner, options } }) =>
      kind === "nfs" && owner === undefined && options.proto !== "udp",
  );
  const faults = volumes.map(async ({ volume: { server = "", options }, key }) => {
    const port = Number(options.port ?? 2049);
    const reason = await silence(server, port, settings, host, containers);
    if (reason === undefined) return [];
    return [
      `host ${host.key}: NFS server ${server}, wanted for a volume (${key}.server), takes no connection at port ${port} ` +
        `(${reason}). Start it, or let the host reach it.`,
    ];
  });
  return (await Promise.all(faults)).flat();
}

/** Why a server takes no connection; undefined where it does, or nobody can tell. */
async function silence(
  server: string,
  port: number,
  { stack, hosts }: Settings,
  { docker }: HostSettings,
  containers: readonly RunningContainer[],
): Promise<string | undefined> {
  // Of several engines here at most one has this machine's own network.
  const isHere = isLocal(docker) && hosts.filter((host) => isLocal(host.docker)).length === 1;
  if (isHere) return refusal(server, port);
  const agent = containers.find((container) => container.stack === stack && container.role === "agent");
  // Its own loopback is not the host's.
  if (agent === undefined || /^(localhost$|127\.|::1$)/.test(server)) return undefined;
  const target = `TCP:${net.isIPv6(server) ? `[${server}]` : server}:${port},connect-timeout=${PATIENCE}`;
  const { output } = await new DockerEngine(docker).tryExec(agent.name, "socat", "-u", "/dev/null", target);
  return /connection refused|timed out|no route to host|unreachable/i.exec(output)?.[0];
}

function refusal(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (reason?: string) => {
      socket.destroy();
      resolve(reason);
    };
    const socket = net
      .connect({ host, port }, () => end())
      .on("error", ({ message }) => end(message))
      .setTimeout(PATIENCE * 1000, () => end(`no answer within ${PATIENCE} s`));
  });
}
