import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** The clone that set-up works for. */
export const root = resolve(import.meta.dirname, "..");

/** What can be made anew at any time: logs, the toolchain's work, a Node. */
export const cache =
  process.env.FLOTILLA_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "flotilla");

/** Where Pulumi's own installer puts the CLI and its plugins. */
export const pulumiHome = process.env.PULUMI_HOME || join(homedir(), ".pulumi");

const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};

/** The exact version that package.json pins. */
export function pinned(npmPackage: string): string {
  const version = dependencies[npmPackage];
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`package.json must pin ${npmPackage} to one version, not ${version}`);
  }
  return version;
}

/** Full path of a program on PATH, as the shell would find it. */
export function onPath(program: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(existsSync);
}
