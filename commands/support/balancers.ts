import type { Endpoint } from "../../lib/docker-endpoint.ts";
import { countConnections, inTable } from "../../lib/tcp-table.ts";
import { CommandFailure, notYet, within } from "../../runtime/command.ts";
import { withDeadline } from "../../runtime/deadline.ts";
import { DockerEngine } from "../../runtime/docker.ts";

/** Seconds that balancers get to follow what Consul is told. */
export const BALANCER_TIMEOUT = 30;

/** Seconds that a balancer gets to answer once its time for following is over. */
const ANSWER = 10;

interface Balancer {
  readonly engine: DockerEngine;
  readonly name: string;
}

/** Every balancer of a stack, on all its hosts; while balancers are being replaced, old and new ones. */
export class Balancers {
  readonly #stack: string;
  readonly #engines: readonly DockerEngine[];
  readonly #perHost: number;

  /** `perHost` balancers run on every host; where it is not said, those count that are found. */
  constructor(stack: string, endpoints: readonly Endpoint[], perHost = 0) {
    this.#stack = stack;
    this.#perHost = perHost;
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
    // One that is missing may come back with anything, but with nothing that is gone.
    const missing = state !== "gone" ? await this.#missing(seconds) : [];
    if (missing.length > 0) return missing;
    const answers = (await this.#list()).map(async ({ engine, name }) => {
      const { code, output } = await withDeadline(seconds + ANSWER, () =>
        engine.tryExec(name, "await-servers", String(seconds), state, backend, ...servers),
      ).catch((error: Error) => ({ code: 1, output: error.message }));
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

  /**
   * Waits until no balancer holds a connection to any of the addresses. Returns what is otherwise when the time is over:
   * requests under way, or that there is no telling; undefined when all is well.
   */
  async awaitDrained(
    addresses: readonly { ip: string; port: number }[],
    seconds: number,
  ): Promise<string | undefined> {
    if (addresses.length === 0) return undefined;
    const look = async () => {
      const count = await this.#connections(addresses).catch((error: Error) =>
        notYet(`and whether requests are under way is not known: ${error.message}`),
      );
      if (count > 0) notYet(`with requests under way after ${seconds} s`);
    };
    return within(seconds, "", look, 250).then(
      () => undefined,
      (error: Error) => error.message,
    );
  }

  async #connections(addresses: readonly { ip: string; port: number }[]): Promise<number> {
    const remotes = addresses.map(({ ip, port }) => inTable(ip, port)).join(" ");
    const counts = this.#engines.map(async (engine) => {
      // All balancers of a host live in front's network namespace, old processes that finish their requests included.
      const [front] = await engine.containers({ "flotilla.stack": this.#stack, "flotilla.role": "front" });
      if (!front) return 0;
      const count = await engine.exec(
        front,
        "awk",
        "-v",
        `remotes=${remotes}`,
        countConnections,
        "/proc/net/tcp",
      );
      return Number(count);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Waits until every host runs as many as it should. Returns a line for each where it is otherwise. */
  async #missing(seconds: number): Promise<string[]> {
    if (this.#perHost === 0) return [];
    const lines = this.#engines.map(async (engine) => {
      const look = async () => {
        const { length } = await this.#running(engine);
        if (length < this.#perHost)
          notYet(`${length} of the ${this.#perHost} balancers run on ${engine.endpoint}`);
      };
      return within(seconds, "", look).then(
        () => [],
        (error: Error) => [error.message],
      );
    });
    return (await Promise.all(lines)).flat();
  }

  /** Those that run. One that is just restarting will come back with the catalogue as it is then. */
  async #list(): Promise<Balancer[]> {
    const lists = this.#engines.map(async (engine) =>
      (await this.#running(engine)).map((name) => ({ engine, name })),
    );
    return (await Promise.all(lists)).flat();
  }

  #running(engine: DockerEngine): Promise<string[]> {
    return engine.containers({ "flotilla.stack": this.#stack, "flotilla.role": "balancer" });
  }
}

/** Exit code of a command whose container was killed under it. */
const KILLED = 137;

/** Whether `docker exec` failed because the balancer was taken away or stopped meanwhile: then it has no say. */
function isGone(code: number, output: string): boolean {
  return code === KILLED || /No such container|is not running|is restarting/i.test(output);
}
