/**
 * `npm run recover`: where most of Consul's servers are lost for good, has those that are left go on without them. It is
 * Consul's own way of doing so, for all of a data centre's servers at once: each is told who votes, and starts anew.
 */
import { Command } from "commander";
import { rpcAddressOf, serverNodeId } from "../lib/consul-peers.ts";
import { type ClusterView, clustersOf, peersFile, type ServerView } from "../lib/consul-recovery.ts";
import { consulServerPrefix } from "../lib/names.ts";
import { notYet, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { SetupError, say } from "../setup/say.ts";
import { type HostProvider, hostProviders, silentOnes } from "./host-providers.ts";
import { runProgram } from "./run-program.ts";
import { exportStack } from "./stack.ts";
import { isConfirmed } from "./terminal.ts";

interface Options {
  readonly stack: string;
  readonly yes?: boolean;
}

/** A server, and how to reach it. */
interface Server extends ServerView {
  readonly host: string;
  readonly engine: DockerEngine;
  /** Its node, as Consul knows it. */
  readonly id: string;
}

/** Seconds that a server gets to answer, and all of them to elect a leader. */
const ANSWER = 10;
const ELECTION = 60;

const program = new Command("npm run recover --")
  .description(
    "Where most of Consul's servers are lost for good, has those that are left go on without them. Users notice nothing.",
  )
  .option("--stack <name>", "another stack than dev", devStack)
  .option("--yes", "do not ask")
  .action(async (options: Options) => {
    process.exitCode = await recover(options);
  });

async function recover({ stack, yes }: Options): Promise<number> {
  const { resources = [] } = await exportStack(stack);
  const hosts = hostProviders(resources);
  if (hosts.length === 0) throw new SetupError(`The stack ${stack} is not up.`);
  const silent = await silentOnes(stack, hosts);
  const reached = hosts.filter((host) => !silent.includes(host));
  const servers = (await Promise.all(reached.map((host) => serversOn(stack, host)))).flat();
  if (servers.length === 0) {
    throw new SetupError(
      `No Consul server of the stack ${stack} runs on any host that answers, so there is nothing to go on with.`,
      "`pulumi up` makes new ones where the config has hosts for them, and tells them what it knows.",
    );
  }
  const broken = clustersOf(servers).filter(({ hasQuorum, members }) => !hasQuorum && members.length > 0);
  if (broken.length === 0) {
    say("consul", "most of its servers run, or it has a leader: there is nothing to recover");
    return 0;
  }
  for (const cluster of broken) tell(cluster);
  if (!yes && !(await isConfirmed())) return 1;
  for (const { members } of broken) await goOnWith(members);
  say(
    "consul",
    `has a leader again; \`pulumi up --stack ${stack}\` brings it to as many servers as there are to be`,
  );
  return 0;
}

/** Servers of the stack that run on a host. */
async function serversOn(stack: string, { key, docker }: HostProvider): Promise<Server[]> {
  const engine = new DockerEngine(docker);
  const names = await engine.containers({ "flotilla.stack": stack, "flotilla.role": "consul" });
  const realms = await engine.inspect(names, '{{index .Config.Labels "flotilla.realm"}}');
  const servers = names.map((name) => {
    const number = Number(name.slice(consulServerPrefix(stack).length));
    return look({ host: key, engine, name, id: serverNodeId(stack, number), realm: realms.get(name) ?? "" });
  });
  return Promise.all(servers);
}

async function look(server: Pick<Server, "host" | "engine" | "name" | "id" | "realm">): Promise<Server> {
  const { engine, name } = server;
  const consul = new Consul(engine, name, "");
  const ask = async <T>(path: string, none: T) =>
    (await withDeadline(ANSWER, () => consul.get<T>(path)).catch(() => undefined)) ?? none;
  try {
    return {
      ...server,
      // As start-consul has noted it.
      address: rpcAddressOf((await engine.exec(name, "cat", "/consul/data/address")).trim()),
      leader: await ask("/v1/status/leader", ""),
      peers: await ask<string[]>("/v1/status/peers", []),
    };
  } finally {
    consul.close();
  }
}

function tell({ members, lost }: ClusterView<Server>): void {
  const those = members.map(({ name, host }) => `${name} on host ${host}`).join(", ");
  say("consul", `has no leader: of its servers run ${those}; lost are those at ${lost.join(", ")}`);
  process.stderr.write(
    `Those that run are to go on by themselves, which takes them some seconds. What only the lost ones knew is lost with
them. They must not come back as they are, since they would take themselves for the majority that they were: take their
hosts out of the config before that, and what they still have off them, as \`pulumi up\` says when they are added again.
`,
  );
}

/** Has servers elect a leader among themselves. */
async function goOnWith(members: readonly Server[]): Promise<void> {
  const file = peersFile(members);
  for (const { engine, name } of members)
    await engine.feed(name, file, "sh", "-c", "cat >/consul/data/raft/peers.json");
  await Promise.all(members.map(({ engine, name }) => engine.docker("restart", "--time", "5", name)));
  await within(ELECTION, "Consul has elected no leader", async () => {
    const views = await Promise.all(members.map(look));
    const without = views.filter(({ leader }) => leader === "");
    if (without.length > 0) notYet(`${without.map(({ name }) => name).join(", ")} knows of none`);
  });
}

await runProgram(program);
