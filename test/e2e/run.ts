import { globSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { baseImages } from "../../lib/base-images.ts";
import { ensureBaseImages } from "../../setup/base-images.ts";
import { runJest } from "./engine/run-jest.ts";
import { crashedRuns, makeDaemon, makeFolder, mayHaveDaemon, nameOf, removeRun } from "./engine/sandbox.ts";
import { removeStacks } from "./engine/stacks.ts";
import type { RunInfo } from "./support/run-info.ts";
import { say, step } from "./support/say.ts";
import { run } from "./support/shell.ts";

const help = `node test/e2e/run.ts [--help] [--user-engine] [jest arguments]

Runs the end-to-end tests: as root on a Docker daemon of their own, otherwise (or with --user-engine) on yours, where
the tests that would disturb it are skipped. Everything that they make is taken away at the end. For example:

  node test/e2e/run.ts -t scaling                     only the tests whose name matches
  node test/e2e/run.ts kills                          only the files whose name matches
  node test/e2e/run.ts --json --outputFile=out.json   the result for a program`;

const root = resolve(import.meta.dirname, "../..");
const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(help);
  process.exit();
}

// A signal ends what runs; then the `finally` below is reached as on any failure.
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    say(`${signal}: stopping and cleaning up`);
    stop.abort(new Error(`ended by ${signal}`));
  });
}

const id = process.pid;
const ownDaemon = !args.includes("--user-engine") && mayHaveDaemon();
for (const crashed of crashedRuns()) await step(`removing what run ${crashed} left`, () => remove(crashed));
const folder = makeFolder(id);
try {
  process.exitCode = ownDaemon ? await testOnOwnDaemon() : await testOnUsersDaemon();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await step("cleaning up", () => remove(id));
}

async function testOnOwnDaemon(): Promise<number> {
  const daemon = makeDaemon(id, folder);
  await step("starting a Docker daemon", () => daemon.start(stop.signal));
  await step("copying the base images into it", () => copyBaseImages(daemon.host));
  return test({ dockerHost: daemon.host, namespace: daemon.namespace });
}

async function testOnUsersDaemon(): Promise<number> {
  say("on your Docker engine: the tests that would disturb it are skipped");
  const context = await run("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  return test({ dockerHost: process.env.DOCKER_HOST ?? context.trim() });
}

function test(engine: Pick<RunInfo, "dockerHost" | "namespace">): Promise<number> {
  const info = { root, folder, prefix: nameOf(id), ...engine };
  const jestArgs = args.filter((arg) => arg !== "--user-engine");
  return runJest(info, jestArgs, stop.signal);
}

/** From the user's engine where it has them: that is quicker than any other way, and set-up has put them there. */
async function copyBaseImages(dockerHost: string): Promise<void> {
  const list = await run("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
  const present = Object.values(baseImages).filter((image) => list.split("\n").includes(image));
  const copy = `docker image save ${present.join(" ")} | docker -H ${dockerHost} image load`;
  if (present.length > 0) await run("sh", ["-c", copy], { signal: stop.signal });
  process.env.DOCKER_HOST = dockerHost;
  await ensureBaseImages();
}

async function remove(run: number): Promise<void> {
  // A crashed run may have been on the user's engine.
  if (!ownDaemon || run !== id) await removeStacks(nameOf(run));
  await removeRun(run);
  // Where the program renders its build contexts.
  for (const stack of globSync(`${nameOf(run)}*`, { cwd: join(root, ".flotilla") })) {
    rmSync(join(root, ".flotilla", stack), { recursive: true, force: true });
  }
}
