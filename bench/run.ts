/**
 * How fast a stack comes up, scales and finds that nothing has changed, beside the same containers started by plain
 * `docker run` in the same minute, since machines are shared and noisy: what counts is the ratio. On a stack of its
 * own, which it takes away again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { containers, docker } from "../harness/docker.ts";
import { get } from "../harness/http.ts";
import { Stack } from "../harness/pulumi.ts";
import { handOver } from "../harness/run-info.ts";
import { timed, within } from "../harness/wait.ts";
import { PlainDocker } from "./plain-docker.ts";
import { printFigures, printMemory, type Round } from "./report.ts";

const program = new Command("npm run bench --")
  .description("Measures the dev stack's shape beside plain docker run, on a stack of its own.")
  .option("--rounds <n>", "how often everything is measured", wholeNumber, 3)
  .option("--keep", "leave the stack running at the end")
  .parse();
const { rounds, keep } = program.opts<{ rounds: number; keep?: boolean }>();

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "flotilla-bench-"));
const name = `bench-${process.pid}`;
const port = 38_080;
const url = `http://127.0.0.1:${port}/`;
const context = await docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}");
const dockerHost = process.env.DOCKER_HOST ?? context.trim();
Object.assign(process.env, handOver({ root, folder, prefix: name, dockerHost }));

const stack = new Stack<object>(name);
const plain = new PlainDocker(name);
try {
  await stack.create();
  const all: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    console.log(`round ${round} of ${rounds}`);
    all.push(await measure());
    if (round < rounds) await stack.run("destroy");
  }
  printFigures(all);
  await printMemory(name);
} finally {
  await plain.remove();
  if (!keep) {
    await stack.attempt("destroy");
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(root, ".flotilla", name), { recursive: true, force: true });
  }
}

async function measure(): Promise<Round> {
  stack.config = config(4);
  const up = await timed(() => servingAll(4, () => stack.run("up")));
  const noChangeUp = await timed(() => stack.run("up"));
  const noChangePreview = await timed(() => stack.run("preview", "--expect-no-changes"));
  stack.config = config(10);
  const scale = await timed(() => servingAll(10, () => stack.run("up")));

  const images = await imagesInUse();
  const plainUp = await timed(() => plain.up(images));
  const plainScale = await timed(() => plain.scale(images.server, 6));
  await plain.remove();
  return {
    "up from nothing until 4 serve": { flotilla: up.seconds, plain: plainUp.seconds },
    "scale 4 → 10 until 10 serve": { flotilla: scale.seconds, plain: plainScale.seconds },
    "up without a change": { flotilla: noChangeUp.seconds },
    "preview without a change": { flotilla: noChangePreview.seconds },
  };
}

/** Runs the action and waits until so many servers have answered on the shared port. */
async function servingAll(servers: number, action: () => Promise<unknown>): Promise<void> {
  await action();
  const seen = new Set<unknown>();
  await within(60, `${servers} servers answer`, async () => {
    for (let i = 0; i < servers; i++) seen.add((await get(url)).headers["x-served-by"]);
    if (seen.size < servers) throw new Error(`${seen.size} servers have answered`);
  });
}

async function imagesInUse(): Promise<Record<"consul" | "front" | "balancer" | "server", string>> {
  const of = async (role: "consul" | "front" | "balancer" | "server") =>
    (await containers(name, role))[0]?.Config.Image ?? "";
  const [consul, front, balancer, server] = await Promise.all([
    of("consul"),
    of("front"),
    of("balancer"),
    of("server"),
  ]);
  return { consul, front, balancer, server };
}

function config(replicas: number): object {
  return {
    protect: false,
    hosts: { local: { docker: dockerHost } },
    network: { subnet: "10.214.0.0/24" },
    consul: { servers: 3, port: port + 500 },
    loadBalancers: { count: 2, port, statsPort: port + 920 },
    services: { web: { build: "examples/simple-server", replicas, port: 8000, health: { path: "/health" } } },
  };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 20) {
    throw new InvalidArgumentError("a whole number from 1 to 20 is wanted");
  }
  return value;
}
