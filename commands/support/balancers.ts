import { countConnections } from "../../lib/tcp-table.ts";
import { CommandFailure, until } from "../../runtime/command.ts";
import { DockerEngine } from "../../runtime/docker.ts";

/** Seconds that balancers get to follow what Consul is told. */
export const BALANCER_TIMEOUT = 30;

interface Balancer {
  readonly engine: DockerEngine;
  readonly name: string;
}

/** Every balancer of a stack, on all its hosts; while balancers are being replaced, old and new ones. */
export class Balancers {
  readonly #stack: string;
  readonly #engines: readonly DockerEngine[];

  constructor(stack: string, endpoints: readonly string[]) {
    this.#stack = stack;
    this.#engines = endpoints.map((endpoint) => new DockerEngine(endpoint));
  }

  /**
   * Waits until every balancer has every one of the servers UP in its backend ("known": or there for sessions only), or
   * has none of them left.
   * Returns what is still otherwise when the time is over: a line for each balancer, none when all is well.
   */
  async await(
    state: "up" | "known" | "gone",
    backend: string,
    servers: readonly string[],
    seconds: number,
  ): Promise<string[]> {
    if (servers.length === 0) return [];
    const answers = (await this.#list()).map(async ({ engine, name }) => {
      const { code, output } = await engine.exec(
        name,
        "await-servers",
        String(seconds),
        state,
        backend,
        ...servers,
      );
      return code !== 0 && !isGone(code, output) ? [`${name}: ${output.trim().split("\n").join(", ")}`] : [];
    });
    return (await Promise.all(answers)).flat();
  }

  /** Waits until every balancer has every one of the servers UP in its backend; fails with the complaint otherwise. */
  async require(
    backend: string,
    servers: readonly string[],
    complaint: string,
    state: "up" | "known" = "up",
  ): Promise<void> {
    const missing = await this.await(state, backend, servers, BALANCER_TIMEOUT);
    if (missing.length === 0) return;
    throw new CommandFailure([`${complaint} within ${BALANCER_TIMEOUT} s`, ...missing].join("\n  "));
  }

  /** Waits until no balancer holds a connection to any of the addresses; returns whether it came to that. */
  async awaitDrained(addresses: readonly { ip: string; port: number }[], seconds: number): Promise<boolean> {
    if (addresses.length === 0) return true;
    const drained = await until(
      seconds,
      async () => ((await this.#connections(addresses)) === 0 ? true : undefined),
      250,
    );
    return drained ?? false;
  }

  async #connections(addresses: readonly { ip: string; port: number }[]): Promise<number> {
    const counts = this.#engines.map(async (engine) => {
      // All balancers of a host live in front's network namespace, old processes that finish their requests included.
      const [front] = await engine.containers({ "flotilla.stack": this.#stack, "flotilla.role": "front" });
      if (!front) return 0;
      const { code, output } = await engine.exec(front, ...countConnections(addresses));
      // What can't be looked at is not done.
      if (code !== 0) throw new Error(output);
      return Number(output);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Those that run. One that is just restarting will come back with the catalogue as it is then. */
  async #list(): Promise<Balancer[]> {
    const lists = this.#engines.map(async (engine) => {
      const names = await engine.containers({ "flotilla.stack": this.#stack, "flotilla.role": "balancer" });
      return names.map((name) => ({ engine, name }));
    });
    return (await Promise.all(lists)).flat();
  }
}

/** Exit code of a command whose container was killed under it. */
const KILLED = 137;

/** Whether `docker exec` failed because the balancer was taken away or stopped meanwhile: then it has no say. */
function isGone(code: number, output: string): boolean {
  return code === KILLED || /No such container|is not running|is restarting/i.test(output);
}
