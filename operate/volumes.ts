/** `npm run volumes`: shows the volumes of a stack on all of its hosts, and takes away those that the stack has no more. */
import { Command } from "commander";
import { addressOf } from "../lib/docker-endpoint.ts";
import { holderOf } from "../lib/names.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { SetupError, say } from "../setup/say.ts";
import type { StateResource } from "../setup/state.ts";
import { type HostProvider, hostProviders } from "./host-providers.ts";
import { runProgram } from "./run-program.ts";
import { exportStack } from "./stack.ts";
import { isConfirmed, table } from "./terminal.ts";

/** Seconds that an engine gets to answer: it adds up what is in all of its volumes. */
const ANSWER = 60;

interface Options {
  readonly stack: string;
  readonly prune?: boolean;
  readonly yes?: boolean;
}

/** A volume on a host. */
interface FoundVolume {
  readonly host: HostProvider;
  readonly name: string;
  readonly size: string;
  readonly created: string;
  /** A service, or what it belongs to otherwise. */
  readonly holder: string;
  /** Whether the state has none of that name on that host. */
  readonly isOrphan: boolean;
  /** Names of the containers that have it, whether they run or not. */
  readonly containers: readonly string[];
}

const program = new Command("npm run volumes --")
  .description("Shows the volumes of a stack: whose they are, how large, and which the stack has no more.")
  .option("--prune", "take away those that the stack has no more, after asking")
  .option("--stack <name>", "another stack than dev", devStack)
  .option("--yes", "do not ask")
  .action(async (options: Options) => {
    process.exitCode = await volumes(options);
  });

async function volumes({ stack, prune, yes }: Options): Promise<number> {
  const { resources = [] } = await exportStack(stack);
  const hosts = hostProviders(resources);
  if (hosts.length === 0)
    throw new SetupError(
      `The stack ${stack} has no hosts in its state, so that nobody knows where to look.`,
      `\`docker volume ls --filter label=flotilla.stack=${stack}\` tells what is left on an engine.`,
    );
  const looks = await Promise.allSettled(hosts.map((host) => volumesOn(host, stack, resources)));
  const found = looks.flatMap((look) => (look.status === "fulfilled" ? look.value : []));
  for (const [index, { key, docker }] of hosts.entries()) {
    const look = looks[index];
    if (look?.status !== "rejected") continue;
    const reason = (look.reason as Error).message.trim().split("\n").at(-1);
    say(`host ${key}`, `its engine at ${addressOf(docker)} tells nothing of volumes (${reason})`);
  }
  const answered = looks.every(({ status }) => status === "fulfilled");
  if (prune) return (await takeAway(found, yes)) && answered ? 0 : 1;
  process.stdout.write(table([["host", "volume", "of", "size", "created", ""], ...found.map(told)]));
  return answered ? 0 : 1;
}

function told({ host, name, holder, size, created, isOrphan, containers }: FoundVolume): string[] {
  const use = containers.length > 0 ? `in use by ${containers.length}` : "not in use";
  return [host.key, name, holder, size, created, isOrphan ? `orphan, ${use}` : use];
}

/** Takes orphans away; whether there is none left. */
async function takeAway(found: readonly FoundVolume[], yes: boolean | undefined): Promise<boolean> {
  const orphans = found.filter(({ isOrphan }) => isOrphan);
  const free = orphans.filter(({ containers }) => containers.length === 0);
  const used = orphans.filter(({ containers }) => containers.length > 0);
  for (const { host, name, containers } of used)
    say(`host ${host.key}`, `${name} stays, since it is in use by ${containers.join(", ")}`);
  if (free.length === 0) {
    say("volumes", "there is nothing to take away");
    return used.length === 0;
  }
  for (const { host, name, size } of free)
    say(`host ${host.key}`, `${name} (${size}) is to go, with what is in it`);
  if (!yes && !(await isConfirmed())) return false;
  for (const { host, name } of free)
    await withDeadline(ANSWER, () => new DockerEngine(host.docker).docker("volume", "rm", name));
  say("volumes", `${free.length} taken away`);
  return used.length === 0;
}

async function volumesOn(
  host: HostProvider,
  stack: string,
  resources: readonly StateResource[],
): Promise<FoundVolume[]> {
  const engine = new DockerEngine(host.docker);
  const ask = (...args: string[]) => withDeadline(ANSWER, () => engine.docker(...args));
  const names = rowsOf(
    await ask("volume", "ls", "--filter", `label=flotilla.stack=${stack}`, "--format", "{{.Name}}"),
  ).flat();
  if (names.length === 0) return [];
  const [created, sizes, containers] = await Promise.all([
    ask("volume", "inspect", "--format", "{{.Name}}\t{{.CreatedAt}}", ...names),
    ask("system", "df", "--verbose", "--format", "{{json .Volumes}}"),
    ask("ps", "--all", "--no-trunc", "--format", "{{.Names}}\t{{.Mounts}}"),
  ]);
  const times = new Map(rowsOf(created).map(([name, time = ""]) => [name, time]));
  const all: { Name: string; Size: string }[] = JSON.parse(sizes) ?? [];
  const mounts = rowsOf(containers).map(([container = "", list = ""]) => ({
    container,
    volumes: list.split(","),
  }));
  return names.sort().map((name) => {
    const known = resources.find(
      ({ urn, type, inputs }) =>
        type === "docker:index/volume:Volume" && host.urns.includes(urn) && inputs?.name === name,
    );
    const pool = resources.find(({ urn }) => urn === known?.parent)?.inputs?.service;
    return {
      host,
      name,
      size: all.find(({ Name }) => Name === name)?.Size ?? "",
      created: (times.get(name) ?? "").slice(0, 16).replace("T", " "),
      // A service that had another name has volumes by that one.
      holder: typeof pool === "string" ? pool : holderOf(name, stack),
      isOrphan: known === undefined,
      containers: mounts.filter(({ volumes }) => volumes.includes(name)).map(({ container }) => container),
    };
  });
}

const rowsOf = (text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));

await runProgram(program);
