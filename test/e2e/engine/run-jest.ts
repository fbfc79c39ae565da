import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { handOver, type RunInfo } from "../support/run-info.ts";

/** Runs jest's end-to-end project and gives its exit code. */
export async function runJest(info: RunInfo, args: readonly string[], signal: AbortSignal): Promise<number> {
  const jest = [
    join(info.root, "node_modules/jest/bin/jest.js"),
    // First, since a list option takes every word that follows it.
    ...args,
    "--selectProjects=e2e",
    "--runInBand",
    "--testTimeout=300000",
    `--testSequencer=${join(import.meta.dirname, "in-order.ts")}`,
    "--reporters=default",
    `--reporters=${join(import.meta.dirname, "progress.ts")}`,
  ];
  // Ports that are published on 127.0.0.1 are those of the namespace.
  const command = [
    ...(info.namespace ? ["nsenter", `--net=/run/netns/${info.namespace}`] : []),
    process.execPath,
    ...jest,
  ];
  const [program = "", ...rest] = command;
  const env = { ...process.env, ...handOver(info), DOCKER_HOST: info.dockerHost };
  // Its own process group, so that all it started ends with it.
  const child = spawn(program, rest, {
    cwd: info.root,
    env,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  const endGroup = async () => {
    if (child.pid === undefined) return;
    process.kill(-child.pid, "SIGTERM");
    const gone = await Promise.race([ended.then(() => true), pause(10_000, false)]);
    if (!gone) process.kill(-child.pid, "SIGKILL");
  };
  signal.addEventListener("abort", () => void endGroup());
  signal.throwIfAborted();
  return ended;
}
