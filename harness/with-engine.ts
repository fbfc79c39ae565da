import { globSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { baseImages } from "../lib/base-images.ts";
import { run } from "../runtime/program.ts";
import { ensureBaseImages } from "../setup/base-images.ts";
import { crashedRuns, makeDaemon, makeFolder, mayHaveDaemon, nameOf, removeRun } from "./engine/sandbox.ts";
import { removeStacks } from "./engine/stacks.ts";
import type { RunInfo } from "./run-info.ts";
import { say, step } from "./say.ts";

const root = resolve(import.meta.dirname, "..");

/**
 * Gives an action an engine to work with: as root a Docker daemon of its own, in a network namespace of its own; otherwise
 * (or where the user's is asked for) the user's. Everything that was made is taken away at the end, also after a failure
 * or a signal; so is what an earlier run that crashed has left. Returns the exit code that the action gave, 1 if it threw.
 */
export async function withEngine(
  { usersEngine = false },
  action: (info: RunInfo, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  // A signal ends what runs; then the `finally` below is reached as on any failure.
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      say(`${signal}: stopping and cleaning up`);
      stop.abort(new Error(`ended by ${signal}`));
    });
  }
  const id = process.pid;
  const own = !usersEngine && mayHaveDaemon();
  for (const crashed of crashedRuns())
    await step(`removing what run ${crashed} left`, () => remove(crashed, true));
  const folder = makeFolder(id);
  try {
    const engine = own ? await ownEngine(id, folder, stop.signal) : { dockerHost: await usersEndpoint() };
    return await action({ root, folder, prefix: nameOf(id), ...engine }, stop.signal);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await step("cleaning up", () => remove(id, !own));
  }
}

async function ownEngine(
  id: number,
  folder: string,
  signal: AbortSignal,
): Promise<Pick<RunInfo, "dockerHost" | "namespace">> {
  const daemon = makeDaemon(id, folder);
  await step("starting a Docker daemon", () => daemon.start(signal));
  await step("copying the base images into it", () => copyBaseImages(daemon.host, signal));
  return { dockerHost: daemon.host, namespace: daemon.namespace };
}

async function usersEndpoint(): Promise<string> {
  const context = await run("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  return process.env.DOCKER_HOST ?? context.trim();
}

/** From the user's engine where it has them: that is quicker than any other way, and set-up has put them there. */
async function copyBaseImages(dockerHost: string, signal: AbortSignal): Promise<void> {
  const list = await run("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
  const present = Object.values(baseImages).filter((image) => list.split("\n").includes(image));
  const copy = `docker image save ${present.join(" ")} | docker -H ${dockerHost} image load`;
  if (present.length > 0) await run("sh", ["-c", copy], { signal });
  process.env.DOCKER_HOST = dockerHost;
  await ensureBaseImages();
}

async function remove(run: number, onUsersEngine: boolean): Promise<void> {
  if (onUsersEngine) await removeStacks(nameOf(run));
  await removeRun(run);
  // Where the program renders its build contexts.
  for (const stack of globSync(`${nameOf(run)}*`, { cwd: join(root, ".flotilla") })) {
    rmSync(join(root, ".flotilla", stack), { recursive: true, force: true });
  }
}
