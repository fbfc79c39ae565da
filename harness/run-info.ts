import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is told to programs that work with a run's engine. */
export interface RunInfo {
  /** Starts the name of every stack, and with it of everything that is made. */
  prefix: string;
  /** For whatever the tests need to write; removed with the run. */
  folder: string;
  /** The project. */
  root: string;
  /** Endpoint of the Docker engine that the stacks go to. */
  dockerHost: string;
  /** Where the engine is the tests' own, and may be stopped: the network namespace it lives in. */
  namespace?: string;
}

const variable = "FLOTILLA_RUN";

/** Writes it down; gives the environment that hands it on. */
export function handOver(info: RunInfo): NodeJS.ProcessEnv {
  const file = join(info.folder, "run.json");
  writeFileSync(file, JSON.stringify(info, null, 2));
  return { [variable]: file };
}

export function runInfo(): RunInfo {
  const file = process.env[variable];
  if (file === undefined)
    throw new Error("This is started by `node test/e2e/run.ts`, `npm run drill` or `npm run bench`.");
  return JSON.parse(readFileSync(file, "utf8"));
}
