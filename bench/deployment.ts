import { configOf, type Service } from "../harness/fleet.ts";
import { get } from "../harness/http.ts";
import { Stack } from "../harness/pulumi.ts";
import { say } from "../harness/say.ts";
import { within } from "../harness/wait.ts";
import { gatewayAddress } from "../lib/subnet.ts";

const subnet = "10.214.0.0/22";
// Below those that the kernel hands out to clients.
const port = 21_080;

/**
 * This machine's address in the stack's network. What is published there is reached by way of the kernel; on 127.0.0.1
 * Docker would copy every byte through a process of its own, for all contestants, and that would be what is measured.
 */
export const gateway = gatewayAddress(subnet);

/** A stack of the dev stack's shape: 3 Consul servers, 2 balancers, one service of so many copies, and what is beside it. */
export class Deployment {
  readonly stack: Stack<object>;
  readonly url = `http://${gateway}:${port}/`;
  readonly #build: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #others: Readonly<Record<string, Service>>;

  constructor(
    name: string,
    build: string,
    env: Readonly<Record<string, string>> = {},
    others: Readonly<Record<string, Service>> = {},
  ) {
    this.stack = new Stack(name);
    this.#build = build;
    this.#env = env;
    this.#others = others;
  }

  /** Of one balancer alone, numbered from 1. */
  balancerUrl(balancer: number): string {
    return `http://${gateway}:${port + 101 * balancer}/`;
  }

  /** Where `pulumi up` builds its images and leaves them, which would be most of the first round. */
  async warmUp(): Promise<void> {
    await this.stack.create();
    await this.up(1);
    await this.stack.run("destroy");
  }

  configure(replicas: number): void {
    const config = configOf(port, subnet, {
      build: this.#build,
      env: { ...this.#env },
      replicas,
      port: 8000,
      health: { path: "/health", timeout: 120 },
    });
    this.stack.config = { ...config, services: { ...config.services, ...this.#others } };
  }

  async remove(): Promise<void> {
    await takeAway(this.stack);
  }

  async up(replicas: number): Promise<void> {
    this.configure(replicas);
    await this.stack.run("up");
  }
}

/** Takes a stack away. What is left after a failure goes with the run. */
export async function takeAway(stack: Pick<Stack<object>, "attempt">): Promise<void> {
  const { code, output } = await stack.attempt("destroy");
  if (code !== 0) say(output.trimEnd().split("\n").slice(-20).join("\n"));
}

/**
 * Waits until so many servers have answered; with `differentFrom`, servers that are not among those. Asks more at once
 * than there are servers: one that holds a WebSocket is not the least busy one, and would have its turn never.
 */
export async function serving(
  url: string,
  servers: number,
  differentFrom: ReadonlySet<string> = new Set(),
): Promise<Set<string>> {
  const seen = new Set<string>();
  await within(120, `${servers} servers answer at ${url}`, async () => {
    const answers = await Promise.all(Array.from({ length: 4 * servers }, () => get(url)));
    for (const { status, headers } of answers) {
      const server = headers["x-served-by"];
      if (status === 200 && server && !differentFrom.has(String(server))) seen.add(String(server));
    }
    if (seen.size < servers) throw new Error(`${seen.size} servers have answered`);
  });
  return seen;
}
