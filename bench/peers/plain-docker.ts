import { docker } from "../../harness/docker.ts";
import { attempt } from "../../runtime/program.ts";
import { inBatches } from "../batches.ts";
import { answering } from "./answering.ts";

/** Images of the stack's containers, by what they are for. */
export type Images = Readonly<Record<"consul" | "front" | "balancer" | "server", string>>;

/** The floor: containers from the same images by `docker run`, ten at a time, with nothing that binds them. */
export class PlainDocker {
  readonly #name: string;
  #count = 0;

  constructor(name: string) {
    this.#name = `${name}-plain`;
  }

  /** A network, and in it the dev stack's containers: all idle but the servers. */
  async up(images: Images, servers: number): Promise<void> {
    await this.createNetwork();
    const { consul, front, balancer } = images;
    const idle = [consul, consul, consul, consul, front, balancer, balancer];
    await inBatches(idle, 10, (image) => this.#run("--entrypoint", "sleep", image, "infinity"));
    await this.scale(images.server, servers);
  }

  /** Makes the network, unless Docker did not let go of it when it was to be removed. */
  async createNetwork(): Promise<void> {
    if (await this.#network()) return;
    await docker("network", "create", "--subnet", "10.215.0.0/22", this.#name);
  }

  /** So many more servers, until each of them answers. */
  async scale(image: string, servers: number): Promise<void> {
    const start = () => this.#run("--env", "PORT=8000", "--env", "LOG_DIR=/tmp", image);
    const ids = await inBatches(Array.from({ length: servers }), 10, start);
    await answering(ids);
  }

  async remove(): Promise<void> {
    const list = await docker("ps", "--all", "--quiet", "--filter", `network=${this.#name}`);
    const ids = list.split("\n").filter(Boolean);
    if (ids.length > 0) await docker("rm", "--force", "--volumes", ...ids);
    if (!(await this.#network())) return;
    const { code, output } = await attempt("docker", ["network", "rm", this.#name]);
    // After some hundred containers, Docker 20.10 may count endpoints that are gone until its daemon is restarted.
    if (code !== 0 && !/has active endpoints/.test(output)) throw new Error(output.trimEnd());
  }

  #network(): Promise<string> {
    return docker("network", "ls", "--quiet", "--filter", `name=^${this.#name}$`);
  }

  async #run(...args: string[]): Promise<string> {
    const name = `${this.#name}-${++this.#count}`;
    return (await docker("run", "--detach", "--name", name, "--network", this.#name, ...args)).trim();
  }
}
