/** `npm run maintenance`: has the balancers answer for services that must not be reached, and ends that again. */
import { Argument, Command, InvalidArgumentError } from "commander";
import { announceChange } from "../commands/support/announce-change.ts";
import { BALANCER_TIMEOUT, Balancers } from "../commands/support/balancers.ts";
import { inDataCentre, namesOf } from "../lib/data-centres.ts";
import { addressOf } from "../lib/docker-endpoint.ts";
import { maintenanceBackend } from "../lib/haproxy.ts";
import { maintenanceKey } from "../lib/maintenance.ts";
import { CommandFailure, notYet, say, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { runProgram } from "./run-program.ts";
import { type OperatedHost, type OperatedStack, readStack } from "./stack.ts";

/** Seconds that Consul gets to take a change. */
const CONSUL_TIMEOUT = 5;
const LONGEST = 7 * 24 * 3600;

interface Options {
  readonly stack?: string;
  readonly service?: string;
  readonly retryAfter: number;
}

const program = new Command("npm run maintenance --")
  .description(
    "Answers 503 and a page that says so for a service, or for all, while its copies run on underneath.",
  )
  .addArgument(
    new Argument("<what>", "begin it, end it, or tell of each service").choices(["on", "off", "status"]),
  )
  .option("--service <name>", "one service instead of all of the stack's")
  .option("--retry-after <seconds>", "with on: what clients are told to wait", wholeSeconds, 120)
  .option("--stack <name>", "another stack than the dev stack")
  .action(async (what: "on" | "off" | "status", options: Options) => {
    const stack = await readStack(options.stack);
    const services = chosen(stack, options.service);
    await { on, off, status }[what](stack, services, options);
  });

async function on(stack: OperatedStack, services: readonly string[], { retryAfter }: Options) {
  const seconds = await change(stack, services, "up", (consul, service) =>
    consul.put(keyOf(service), String(retryAfter)),
  );
  say(`${services.join(", ")}: in maintenance, every balancer has switched (${seconds} s)`);
}

async function off(stack: OperatedStack, services: readonly string[]) {
  const seconds = await change(stack, services, "gone", (consul, service) => consul.delete(keyOf(service)));
  say(`${services.join(", ")}: served again, every balancer has switched (${seconds} s)`);
}

async function status(stack: OperatedStack, services: readonly string[]) {
  const centres = await inEachDataCentre(stack, (consul) =>
    Promise.all(services.map((service) => consul.get<{ Value: string }[]>(keyOf(service)))),
  );
  for (const [index, service] of services.entries()) {
    for (const { name, answer } of centres) {
      const [entry] = answer[index] ?? [];
      const seconds = entry && Buffer.from(entry.Value, "base64").toString();
      const where = centres.length > 1 ? ` in ${name}` : "";
      console.log(`${service}${where}: ${seconds ? `in maintenance, Retry-After ${seconds} s` : "served"}`);
    }
  }
}

function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= LONGEST) return seconds;
  throw new InvalidArgumentError(`It must be whole seconds from 1 to ${LONGEST}.`);
}

const keyOf = (service: string) => `/v1/kv/${maintenanceKey(service)}`;

function chosen({ name, services }: OperatedStack, service: string | undefined): string[] {
  const names = services
    .filter(({ isWorker }) => !isWorker)
    .map((each) => each.name)
    .sort();
  if (service === undefined && names.length > 0) return names;
  if (service === undefined && services.length > 0)
    throw new CommandFailure(`No service of the stack ${name} answers requests, and so none can be closed.`);
  if (services.some((each) => each.name === service && each.isWorker)) {
    const instead = `pulumi config set --path flotilla:services.${service}.replicas 0 && pulumi up`;
    throw new CommandFailure(
      `--service: ${service} is a worker: it answers no requests, and is in no balancer. To have it stop: ${instead}`,
    );
  }
  if (service === undefined) return names;
  if (names.includes(service)) return [service];
  throw new CommandFailure(
    `--service: must be a service of the stack ${name} (${names.join(", ") || "it has none"}), not "${service}"`,
  );
}

/** Tells Consul of a change, and waits until every balancer has followed; gives the seconds that it all took. */
async function change(
  stack: OperatedStack,
  services: readonly string[],
  state: "up" | "gone",
  tell: (consul: Consul, service: string) => Promise<unknown>,
): Promise<string> {
  const start = performance.now();
  await inEachDataCentre(stack, async (consul) => {
    await announceChange(consul);
    for (const service of services) await tell(consul, service);
  });
  const behind = await notFollowing(stack, services, state);
  if (behind.length > 0) {
    const head = `Consul knows, but not every balancer has followed within ${BALANCER_TIMEOUT} s:`;
    const tail = "Those that run will follow as soon as they reach Consul.";
    throw new CommandFailure(`${[head, ...behind].join("\n  ")}\n${tail}`);
  }
  return ((performance.now() - start) / 1000).toFixed(1);
}

/** A line for each balancer that is otherwise than it should be, and for each host that can't be asked. */
async function notFollowing(
  { name, hosts }: OperatedStack,
  services: readonly string[],
  state: "up" | "gone",
): Promise<string[]> {
  const lines = hosts.map(async ({ key, docker }) => {
    const balancers = new Balancers(name, [docker]);
    // A backend without servers counts as UP from the moment it is there.
    const behind = services.map((service) =>
      balancers.await(state, maintenanceBackend(service), ["BACKEND"], BALANCER_TIMEOUT),
    );
    return Promise.all(behind).catch((error: Error) => [`the balancers of host ${key}: ${error.message}`]);
  });
  return [...new Set((await Promise.all(lines)).flat(2))];
}

/** What the Consul of a data centre has answered. */
interface Answer<T> {
  readonly name: string;
  readonly answer: T;
}

/** Asks the Consul of each data centre, all at once. */
function inEachDataCentre<T>(
  stack: OperatedStack,
  ask: (consul: Consul) => Promise<T>,
): Promise<Answer<T>[]> {
  const answers = namesOf(stack.hosts).map(async (name) => {
    const answer = await throughAnyAgent(stack, inDataCentre(stack.hosts, name), ask);
    return { name, answer };
  });
  return Promise.all(answers);
}

/** Asks the first host that answers: Consul's store is the same for all of a data centre. */
function throughAnyAgent<T>(
  { name, token }: OperatedStack,
  hosts: readonly OperatedHost[],
  ask: (consul: Consul) => Promise<T>,
): Promise<T> {
  return within(CONSUL_TIMEOUT, `Consul of the stack ${name} is not to be reached`, async () => {
    const reasons: string[] = [];
    for (const { key, docker, agent } of hosts) {
      const consul = new Consul(new DockerEngine(docker), agent, token);
      try {
        return await ask(consul);
      } catch (error) {
        reasons.push(`host ${key} (${addressOf(docker)}): ${(error as Error).message}`);
      } finally {
        consul.close();
      }
    }
    return notYet(reasons.join("; "));
  });
}

await runProgram(program);
