import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { docker } from "../harness/docker.ts";
import { attempt } from "../runtime/program.ts";

/** What a figure must be read with: where, when and of what it was taken. */
export type Machine = Readonly<Record<string, string>>;

/** To be asked before anything is measured, for the load that was there already. */
export async function describeMachine(engine: string): Promise<Machine> {
  const [cpu] = cpus();
  const [oneMinute = 0, fiveMinutes = 0] = loadavg();
  const git = async (...args: string[]) => (await attempt("git", args)).stdout.trim();
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${await git("rev-parse", "--short", "HEAD")}${changed ? ", with changes" : ""}`,
    processor: `${availableParallelism()} × ${cpu?.model.trim() || "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    docker: `${(await docker("version", "--format", "{{.Server.Version}}")).trim()}, ${engine}`,
    node: process.version,
    "load before": `${oneMinute.toFixed(1)} over 1 min, ${fiveMinutes.toFixed(1)} over 5 min`,
  };
}
