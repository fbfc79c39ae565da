import { docker } from "../harness/docker.ts";
import { get } from "../harness/http.ts";
import { within } from "../harness/wait.ts";

/** The peer: the same containers from the same images, by `docker run`, all at once, with nothing that binds them. */
export class PlainDocker {
  readonly #name: string;
  #count = 0;

  constructor(name: string) {
    this.#name = `${name}-plain`;
  }

  /** The dev stack's containers: 3 Consul servers, an agent, front, 2 balancers idling, 4 servers that answer. */
  async up(images: Record<"consul" | "front" | "balancer" | "server", string>): Promise<void> {
    await docker("network", "create", this.#name);
    const idle = [
      images.consul,
      images.consul,
      images.consul,
      images.consul,
      images.front,
      images.balancer,
      images.balancer,
    ];
    await Promise.all([...idle.map((image) => this.#start(image, true)), this.scale(images.server, 4)]);
  }

  /** So many more servers, until each of them answers. */
  async scale(image: string, servers: number): Promise<void> {
    await Promise.all(
      Array.from({ length: servers }, async () => {
        const id = await this.#start(image, false);
        const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        const ip = (await docker("inspect", "--format", format, id)).trim();
        await within(30, "the server answers", () => get(`http://${ip}:8000/health`));
      }),
    );
  }

  async remove(): Promise<void> {
    const ids = (await docker("ps", "--all", "--quiet", "--filter", `network=${this.#name}`))
      .split("\n")
      .filter(Boolean);
    if (ids.length > 0) await docker("rm", "--force", "--volumes", ...ids);
    const network = await docker("network", "ls", "--quiet", "--filter", `name=^${this.#name}$`);
    if (network) await docker("network", "rm", this.#name);
  }

  async #start(image: string, idle: boolean): Promise<string> {
    const name = `${this.#name}-${++this.#count}`;
    const sleep = idle ? ["--entrypoint", "sleep", image, "infinity"] : ["--env", "PORT=8000", image];
    return (await docker("run", "--detach", "--name", name, "--network", this.#name, ...sleep)).trim();
  }
}
