import type { HostSettings, Settings } from "../config/settings.ts";
import { imageName, imageRepository } from "../lib/names.ts";
import { ask } from "./engine.ts";

/** Versions that are to run on a host, and that nothing could bring there. */
export async function versionFaults(
  { stack, registry, services }: Settings,
  host: HostSettings,
): Promise<string[]> {
  // What is in a registry is the engine's to ask for, when it has not got it.
  if (registry) return [];
  const faults = services.map(async ({ name, source, hosts }) => {
    const version = source.kind === "build" ? source.version : undefined;
    if (version === undefined || !hosts.includes(host.key)) return [];
    const repository = imageRepository(imageName(stack, name));
    const there = await tags(host.docker, repository);
    if (there.includes(version)) return [];
    const key = `flotilla:services.${name}.version`;
    const others = there.length > 0 ? `is none of those that are there: ${there.join(", ")}` : "is not there";
    return [
      `host ${host.key}: image ${repository}:${version}, wanted for service ${name} (${key}), ${others}. ` +
        `Set ${key} to one that is, or build the folder as it is now: pulumi config rm --path ${key}.`,
    ];
  });
  return (await Promise.all(faults)).flat();
}

/** Tags that an engine has of a repository. */
async function tags(endpoint: string, repository: string): Promise<string[]> {
  const lines = await ask(endpoint, "image", "ls", "--format", "{{.Tag}}", repository);
  return lines.split("\n").filter((tag) => tag && tag !== "<none>");
}
