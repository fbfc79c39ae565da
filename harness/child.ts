import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { handOver, type RunInfo } from "./run-info.ts";

/**
 * Runs a Node program beside the engine of a run, told of it by `runInfo()`, and gives its exit code. It and all that it
 * started end with the signal.
 */
export async function runBeside(
  info: RunInfo,
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  // Ports that are published on 127.0.0.1 are those of the namespace.
  const namespace = info.namespace ? ["nsenter", `--net=/run/netns/${info.namespace}`] : [];
  const [program = "", ...rest] = [...namespace, process.execPath, ...args];
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
    // A signal may well come when it has ended already.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGTERM");
    const gone = await Promise.race([ended.then(() => true), pause(10_000, false)]);
    if (!gone) process.kill(-child.pid, "SIGKILL");
  };
  signal.addEventListener("abort", () => void endGroup());
  signal.throwIfAborted();
  return ended;
}
