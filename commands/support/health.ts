import { type ServiceDefinition, targetOf } from "../../lib/catalogue.ts";
import { until } from "../../runtime/command.ts";
import type { DockerEngine } from "../../runtime/docker.ts";

/**
 * The check of a service's instances, put to them from inside their network, by a program in the container of the host's
 * Consul agent: the very one that balancers put to them from then on, with the same limits.
 */
export class Health {
  readonly #engine: DockerEngine;
  readonly #agent: string;
  readonly #service: ServiceDefinition;

  constructor(engine: DockerEngine, agent: string, service: ServiceDefinition) {
    this.#engine = engine;
    this.#agent = agent;
    this.#service = service;
  }

  /**
   * Waits until each of the instances has passed. Returns those that have not when the time is over, with their last
   * answers; with 0 seconds, those that do not pass now.
   */
  async awaitPassing(instances: readonly string[], seconds: number): Promise<Map<string, string>> {
    const end = performance.now() + seconds * 1000;
    const left = () => Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const answers = await until(seconds, () => this.#ask(instances, left()));
    return answers ?? new Map(instances.map((instance) => [instance, ""]));
  }

  /** The answers of those that did not pass; undefined where the agent, which may be restarting, could not ask. */
  async #ask(instances: readonly string[], seconds: number): Promise<Map<string, string> | undefined> {
    const { type, path, host, checkTimeout } = this.#service.health;
    const targets = instances.map((instance) => targetOf(this.#service, instance));
    const { code, output } = await this.#engine.tryExec(
      this.#agent,
      "await-passing",
      String(seconds),
      String(checkTimeout),
      host,
      type === "http" ? path : "tcp",
      ...targets,
    );
    if (code === 0) return new Map();
    const answers = new Map(
      instances.flatMap((instance, index) => {
        const line = output.split("\n").find((line) => line.startsWith(`${targets[index]} `));
        return line === undefined ? [] : [[instance, line.slice(line.indexOf(" ") + 1)]];
      }),
    );
    return answers.size > 0 ? answers : undefined;
  }
}
