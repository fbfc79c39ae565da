import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { runInfo } from "../harness/run-info.ts";
import { run } from "../runtime/program.ts";
import type { Bar } from "./bars.ts";
import type { Session } from "./session.ts";
import { us } from "./statistics.ts";

/** Numbers of hosts. */
const sizes = [10, 20, 50, 100];
/** Copies of the service on each. */
const REPLICAS = 20;

export const method = `\
The program alone, under Pulumi's mocks, as nobody has so many hosts at hand: ${sizes.join(", ")} hosts with ${REPLICAS} copies of one service
on each, all of them to be made. Each size in a process of its own: CPU seconds from the program's start until its last resource
is registered, the greatest memory of the process, how many resources there are, and the size of all their inputs as JSON.
Preflight, which asks all hosts at once, is not in it.
Bar: each is linear, so that in the last step of sizes a host more takes at most 1.5 times as much as in the first one.`;

/** What the program takes for so many hosts. */
export interface Cost {
  /** Of all cores, since others may be busy on the machine. */
  readonly seconds: number;
  /** MiB. */
  readonly memory: number;
  readonly resources: number;
  /** MiB. */
  readonly inputs: number;
}

const rows: Readonly<Record<keyof Cost, string>> = {
  seconds: "program, CPU s",
  memory: "memory, MiB",
  resources: "resources",
  inputs: "inputs, MiB",
};

export const bars: readonly Bar[] = Object.values(rows).map((what) => ({ what, each: "host" }));

export async function measure(session: Session): Promise<void> {
  await session.eachRound(async () => {
    for (const size of sizes) {
      const cost = await costOf(session.folder, size);
      for (const key of Object.keys(rows) as (keyof Cost)[])
        session.record(us, `${size}: ${rows[key]}`, cost[key]);
    }
  });
}

async function costOf(parent: string, hosts: number): Promise<Cost> {
  const { root } = runInfo();
  // What the program writes below the project stays out of it.
  const folder = mkdtempSync(join(parent, "project-"));
  for (const name of ["templates", "examples"]) symlinkSync(join(root, name), join(folder, name));
  try {
    const loaded = ["setup/lean-sdk.ts", "bench/mocks/world.ts"].flatMap((file) => [
      "--import",
      join(root, file),
    ]);
    const args = [...loaded, join(root, "bench/mocks/program.ts"), `${hosts}`, `${REPLICAS}`];
    const lines = (await run(process.execPath, args, { cwd: folder })).trimEnd().split("\n");
    return JSON.parse(lines.at(-1) ?? "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
