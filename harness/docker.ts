import { attempt, run } from "../runtime/program.ts";
import { runInfo } from "./run-info.ts";

/** What `docker inspect` tells of a container, as far as the tests ask. */
export interface Container {
  Id: string;
  Name: string;
  Created: string;
  RestartCount: number;
  State: { Status: string; Running: boolean; Pid: number; StartedAt: string };
  Config: { Hostname: string; Image: string; Labels: Record<string, string>; Env: string[] };
  HostConfig: { Memory: number };
  Mounts: { Source: string }[];
  /** By their names. */
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

/** Its address in a network. */
export function addressOf({ Name, NetworkSettings }: Container, network: string): string {
  const address = NetworkSettings.Networks[network]?.IPAddress;
  if (!address) throw new Error(`${Name} has no address in network ${network}`);
  return address;
}

/** What every stack has containers of. */
export const roles = [
  "agent",
  "balancer",
  "consul",
  "front",
  "keeper",
  "server",
  "volumes",
  "warden",
] as const;
export type Role = (typeof roles)[number] | "herald" | "mover" | "backup" | "scheduler" | "job" | "run";

/** The Docker engine that DOCKER_HOST names. */
export const docker = (...args: string[]) => run("docker", args);

/** What sends the docker client to an engine; without one, to that of DOCKER_HOST. */
export const to = (engine?: string) => (engine === undefined ? [] : ["-H", engine]);

const lines = (text: string) => text.split("\n").filter(Boolean);

/** A stack's containers on an engine, stopped ones too, in the order of their names. */
export async function containers(
  stack: string,
  role?: Role,
  service?: string,
  engine?: string,
): Promise<Container[]> {
  const labels = { "flotilla.stack": stack, "flotilla.role": role, "flotilla.service": service };
  const filters = Object.entries(labels).flatMap(([label, value]) =>
    value === undefined ? [] : ["--filter", `label=${label}=${value}`],
  );
  const ids = lines(await docker(...to(engine), "ps", "--all", "--quiet", "--no-trunc", ...filters));
  if (ids.length === 0) return [];
  const inspect = [...to(engine), "inspect", "--type=container", ...ids];
  const { code, stdout, output } = await attempt("docker", inspect);
  // One that goes in between is not there.
  if (code !== 0 && !/no such container/i.test(output)) throw new Error(output.trimEnd());
  return (JSON.parse(stdout) as Container[])
    .map((container) => ({ ...container, Name: container.Name.slice(1) }))
    .sort((a, b) => a.Name.localeCompare(b.Name));
}

export const ids = (list: Container[]) => list.map(({ Id }) => Id);
/** As programs in the containers know themselves. */
export const shortIds = (list: Container[]) => list.map(({ Config }) => Config.Hostname).sort();
export const names = (list: Container[]) => list.map(({ Name }) => Name);

/** Everything on the engine whose name belongs to a stack, as "kind name". Images are kept on purpose. */
export async function traces(stack: string): Promise<string[]> {
  const lists = await Promise.all([
    list("container", "ps", "--all", "--format", "{{.Names}}"),
    list("network", "network", "ls", "--format", "{{.Name}}"),
    list("volume", "volume", "ls", "--format", "{{.Name}}"),
  ]);
  return lists.flat().filter((trace) => new RegExp(` ${stack}($|--)`).test(trace));
}

async function list(kind: string, ...args: string[]): Promise<string[]> {
  return lines(await docker(...args)).map((name) => `${kind} ${name}`);
}

/**
 * Ends a container's first process as a crash would: `docker kill` counts as a wish that it be gone, and suspends its
 * restart policy. The signal comes from the engine's own machine, wherever that is.
 */
export async function crash(...victims: Container[]): Promise<void> {
  const pids = victims.map(({ State }) => State.Pid).join(" ");
  const args = [
    "--rm",
    "--pid=host",
    "--network=none",
    "debian:trixie-slim",
    "sh",
    "-c",
    `kill -KILL ${pids}`,
  ];
  await docker("run", ...args);
}

/** Tags of a repository that the engine has, the newest first. */
export async function tags(repository: string): Promise<string[]> {
  return lines(await docker("image", "ls", "--format", "{{.Tag}}", repository));
}

/** Makes an image that differs from another in a label only; gives its name. */
export async function nextRelease(image: string): Promise<string> {
  const name = `flotilla/${runInfo().prefix}-${image.replaceAll(/[/:]/g, "-")}:next`;
  const dockerfile = `FROM ${image}\nLABEL release=next\n`;
  await run("docker", ["build", "--quiet", "--tag", name, "-"], { input: dockerfile });
  return name;
}

export const removeByHand = (container: Container) => docker("rm", "--force", container.Id);

/** All that a container has written. */
export async function logs(container: Container): Promise<string> {
  return (await attempt("docker", ["logs", container.Id])).output;
}

/** MiB that running containers use, in their order. */
export async function memoryOf(...running: Container[]): Promise<number[]> {
  return lines(await docker("stats", "--no-stream", "--format", "{{.MemUsage}}", ...ids(running))).map(
    mebibytes,
  );
}

/** The first size in what `docker stats` prints, such as "21.4MiB / 23.4GiB". */
function mebibytes(text: string): number {
  const [, number = "0", unit = "MiB"] = /^([\d.]+)(B|KiB|MiB|GiB)/.exec(text) ?? [];
  return Number(number) * { B: 1 / 1024 ** 2, KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit as "B"];
}
