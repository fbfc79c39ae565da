import type { Settings } from "../config/settings.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { contentHash } from "../lib/images/content-hash.ts";
import { type BuildRecipe, ContextFault } from "../lib/images/context.ts";
import { tagOf } from "../lib/images/plan.ts";
import { imageName, imageRepository } from "../lib/names.ts";
import { ask } from "./engine.ts";

/** Versions that are to run, and that no host has and no folder makes. */
export async function versionFaults({ stack, registry, services, hosts }: Settings): Promise<string[]> {
  // What is in a registry is to be asked for there.
  if (registry) return [];
  const faults = services.map(async ({ name, source, hosts: keys }) => {
    if (source.kind !== "build" || source.version === undefined) return [];
    const { version } = source;
    const repository = imageRepository(imageName(stack, name));
    const own = hosts.filter(({ key }) => keys.includes(key));
    const there = (await Promise.all(own.map(({ docker }) => tags(docker, repository)))).flat();
    if (there.includes(version) || makes(source, version)) return [];
    const key = `flotilla:services.${name}.version`;
    const others = there.length > 0 ? `is none of those that are there: ${unique(there)}` : "is not there";
    return [
      `image ${repository}:${version}, wanted for service ${name} (${key}), ${others}. Set ${key} to one that is, check ` +
        `out the code that makes it, or build the folder as it is now: pulumi config rm --path ${key}.`,
    ];
  });
  return (await Promise.all(faults)).flat();
}

/** Whether a folder, as it is now, is that version. */
function makes(recipe: BuildRecipe, version: string): boolean {
  try {
    return tagOf(contentHash(recipe)) === version;
  } catch (error) {
    if (error instanceof ContextFault) return false;
    throw error;
  }
}

/** Tags that an engine has of a repository. */
async function tags(endpoint: Endpoint, repository: string): Promise<string[]> {
  const lines = await ask(endpoint, "image", "ls", "--format", "{{.Tag}}", repository);
  return lines.split("\n").filter((tag) => tag && tag !== "<none>");
}

const unique = (tags: readonly string[]) => [...new Set(tags)].join(", ");
