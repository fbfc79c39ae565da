import type { DockerEngine } from "../../runtime/docker.ts";

/** A port of another host. */
export interface Place {
  readonly address: string;
  readonly port: number;
  /** What is there, and the setting that says where, for messages. */
  readonly what: string;
  readonly setting: string;
}

/** Seconds that a connection gets. */
const CONNECT = 2;

/** A line for each place that a container of ours, whose image has socat, gets no TCP connection to. */
export async function unreached(
  engine: DockerEngine,
  container: string,
  places: readonly Place[],
): Promise<string[]> {
  const lines = places.map(async ({ address, port, what, setting }) => {
    const to = `TCP:${address}:${port},connect-timeout=${CONNECT}`;
    const { code, output } = await engine.tryExec(container, "socat", "-u", "OPEN:/dev/null", to);
    if (code === 0) return [];
    const reason = /:\s+([^:]+)$/.exec(output.trim())?.[1] ?? "no connection";
    return [
      `${what} at ${address}:${port} (${reason}): open the port between the hosts, or correct ${setting}`,
    ];
  });
  return (await Promise.all(lines)).flat();
}
