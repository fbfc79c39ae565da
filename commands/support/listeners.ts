import { type Listening, listening } from "../../lib/tcp-table.ts";
import type { DockerEngine } from "../../runtime/docker.ts";

/**
 * Where an instance's container takes connections; undefined where that can't be seen. A container of the stack's own image
 * looks, in the instance's network: the image of the instance need not have anything to look with.
 */
export async function listenersIn(engine: DockerEngine, instance: string): Promise<Listening[] | undefined> {
  try {
    const format = '{{index .Config.Labels "flotilla.stack"}}\t{{index .Config.Labels "flotilla.host"}}';
    const [stack = "", host = ""] =
      (await engine.inspect([instance], format)).get(instance)?.split("\t") ?? [];
    const labels = { "flotilla.stack": stack, "flotilla.host": host, "flotilla.role": "agent" };
    const [agent] = await engine.containers(labels);
    if (agent === undefined) return undefined;
    const image = (await engine.inspect([agent], "{{.Image}}")).get(agent) ?? "";
    const network = ["--network", `container:${instance}`];
    const run = ["run", "--rm", "--pull", "never", "--log-driver", "none", ...network, "--entrypoint", "cat"];
    return listening(await engine.docker(...run, image, "/proc/net/tcp", "/proc/net/tcp6"));
  } catch {
    return undefined;
  }
}

/** Why nobody reaches a port of a container that runs, from where it takes connections; undefined where that is no reason. */
export function unreachable(port: number, listeners: readonly Listening[]): string | undefined {
  const there = listeners.filter((each) => each.port === port);
  if (there.some(({ loopback }) => !loopback)) return undefined;
  if (there.length > 0) {
    return (
      `it runs, but takes connections to port ${port} on 127.0.0.1 only, where nothing but itself reaches it: ` +
      "have it listen on 0.0.0.0"
    );
  }
  const others = [...new Set(listeners.map((each) => each.port))].sort((a, b) => a - b);
  const where = others.length > 0 ? `on port ${others.join(", ")}, not on ${port}` : "on no port at all";
  return `it runs, but listens ${where}`;
}
