import { execFile } from "node:child_process";
import net from "node:net";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { HostSettings, Settings } from "./config/settings.ts";
import { contentHash } from "./lib/images/content-hash.ts";
import { type BuildRecipe, ContextFault } from "./lib/images/context.ts";
import { tagOf } from "./lib/images/plan.ts";
import { imageRepository, serviceImage } from "./lib/names.ts";
import { type HostPort, hostPorts } from "./lib/ports.ts";

const run = promisify(execFile);

/**
 * What only the machines can tell, asked before anything changes: whether each host's engine answers, the ports are
 * free and versions that are asked for are there. Throws one `RunError` with all that is amiss and what to do about it.
 */
export async function preflight(settings: Settings): Promise<void> {
  const perHost = await Promise.all(settings.hosts.map((host) => hostFaults(settings, host)));
  // An engine that does not answer has no images to tell of.
  const faults = perHost.flat();
  if (faults.length === 0) faults.push(...(await versionFaults(settings)));
  if (faults.length > 0)
    throw new pulumi.RunError(`The Docker hosts are not ready:\n  ${faults.join("\n  ")}`);
}

async function hostFaults(settings: Settings, host: HostSettings): Promise<string[]> {
  const containers = await running(host.docker);
  if (typeof containers === "string") {
    return [
      `host ${host.key}: no Docker engine answers at ${host.docker} (${containers}). Start it, or correct ` +
        `flotilla:hosts.${host.key}.docker; on this machine "npm run setup" starts one.`,
    ];
  }
  const faults = hostPorts(settings, host).map(async (port) => {
    const holders = containers.filter(({ ports }) => ports.includes(port.port));
    const other = holders.find(({ stack }) => stack !== settings.stack);
    if (other) return portFault(host, port, `container ${other.name}`);
    const local = host.docker.startsWith("unix://");
    return holders.length === 0 && local && !(await isFree(port))
      ? portFault(host, port, "another program")
      : [];
  });
  return (await Promise.all(faults)).flat();
}

/** Versions that are to run, and that no host has and no folder makes. */
async function versionFaults({ stack, registry, services, hosts }: Settings): Promise<string[]> {
  // What is in a registry is to be asked for there.
  if (registry) return [];
  const faults = services.map(async ({ name, source, hosts: keys }) => {
    if (source.kind !== "build" || source.version === undefined) return [];
    const { version } = source;
    const repository = imageRepository(serviceImage(stack, name));
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

const unique = (tags: readonly string[]) => [...new Set(tags)].join(", ");

/** Tags that an engine has of a repository. */
async function tags(endpoint: string, repository: string): Promise<string[]> {
  const args = ["--host", endpoint, "image", "ls", "--format", "{{.Tag}}", repository];
  const { stdout } = await run("docker", args, { timeout: 30_000 });
  return stdout.split("\n").filter((tag) => tag && tag !== "<none>");
}

function portFault(host: HostSettings, { port, what, path }: HostPort, holder: string): string[] {
  const key = `flotilla:${path.join(".")}`;
  return [
    `host ${host.key}: port ${port}, wanted for ${what} (${key}), is taken by ${holder}. Stop that, or change ${key}.`,
  ];
}

interface RunningContainer {
  readonly name: string;
  readonly stack: string;
  readonly ports: readonly number[];
}

/** The running containers of an engine, or the reason why it does not answer. */
async function running(endpoint: string): Promise<RunningContainer[] | string> {
  const format = '{{.Names}}\t{{.Label "flotilla.stack"}}\t{{.Ports}}';
  try {
    const { stdout } = await run("docker", ["--host", endpoint, "ps", "--format", format], {
      timeout: 30_000,
    });
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name = "", stack = "", ports = ""] = line.split("\t");
        return { name, stack, ports: publishedPorts(ports) };
      });
  } catch (error) {
    const { code, stderr, message } = error as { code?: string; stderr?: string; message: string };
    if (code === "ENOENT") return "the docker command line client is not installed";
    return (stderr || message).trim().split("\n").at(-1) ?? "";
  }
}

/** Host ports in what `docker ps` prints, such as "0.0.0.0:8080->8080/tcp, 127.0.0.1:9001-9004->9001-9004/tcp". */
export function publishedPorts(text: string): number[] {
  return [...text.matchAll(/:(\d+)(?:-(\d+))?->/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
}

function isFree({ ip, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    // Anything but "in use" (a port below 1024 without root, say) is the engine's to judge.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"));
    server.listen({ host: ip, port }, () => server.close(() => resolve(true)));
  });
}
