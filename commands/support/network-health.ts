import { type AnsweringService, targetOf } from "../../lib/catalogue.ts";
import { exchangeOf } from "../../lib/exchange.ts";
import { until } from "../../runtime/command.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import { checkName, type Failure } from "./failure-report.ts";
import type { Health } from "./health.ts";

/**
 * The check of a service's instances, put to them from inside their network, by a program in the container of the host's
 * Consul agent: the very one that balancers put to them from then on, with the same limits.
 */
export class NetworkHealth implements Health {
  readonly passes: string;
  readonly passing = "passing";
  readonly didNotLast: Failure = {
    what: "stopped or restarted after they had passed",
    advice: 'Correct the application: the log should tell why it ended. Then run "pulumi up" again.',
  };
  readonly #engine: DockerEngine;
  readonly #agent: string;
  readonly #service: AnsweringService;

  constructor(engine: DockerEngine, agent: string, service: AnsweringService) {
    this.#engine = engine;
    this.#agent = agent;
    this.#service = service;
    this.passes = `pass ${checkName(service)}`;
  }

  neverPassed(seconds: number): Failure {
    return {
      what: `did not pass within ${seconds} s`,
      advice:
        'Correct the application, or its health check, port or health.timeout in its config, and run "pulumi up" again.',
    };
  }

  async awaitPassing(instances: readonly string[], seconds: number): Promise<Map<string, string>> {
    const end = performance.now() + seconds * 1000;
    const left = () => Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const answers = await until(seconds, () => this.#ask(instances, left()));
    return answers ?? new Map(instances.map((instance) => [instance, ""]));
  }

  /** The answers of those that did not pass; undefined where the agent, which may be restarting, could not ask. */
  async #ask(instances: readonly string[], seconds: number): Promise<Map<string, string> | undefined> {
    const { health } = this.#service;
    const targets = instances.map((instance) => targetOf(this.#service, instance));
    const { code, output } = await this.#engine.tryExec(
      this.#agent,
      "await-passing",
      ...passingArgs(health, seconds, targets),
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

/** What the program `await-passing` of the agent's image is told, to put a service's check to `host:port` for so many seconds. */
export function passingArgs(
  health: AnsweringService["health"],
  seconds: number,
  targets: readonly string[],
): string[] {
  const exchange = exchangeOf(health);
  const ofHttp = health.method === "HEAD" ? `HEAD ${health.path}` : health.path;
  const ofTcp = exchange ? `${exchange.send}=${exchange.expect}` : "tcp";
  const how = health.type === "http" ? ofHttp : ofTcp;
  return [String(seconds), String(health.checkTimeout), health.host, how, ...targets];
}
