/**
 * Keeps the quorum while single servers change. Called after a server was made anew: waits until the cluster is whole
 * again, so that the next one may go. `--leave`, called before a server is taken away for good: has it leave first.
 */

import { consulServersKey } from "../lib/consul-keys.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { main, notYet, say, until, within } from "../runtime/command.ts";
import { Consul, ConsulError } from "../runtime/consul.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { type AutopilotHealth, unfitServers } from "./support/autopilot.ts";

/** What `consul-server` is told on its standard input. */
export interface ConsulServerArgs {
  readonly stack: string;
  readonly docker: Endpoint;
  /** Docker endpoints of all hosts that are reached: any may have servers, or agents. */
  readonly serverHosts: readonly Endpoint[];
  /** Container of the server; also its node name. */
  readonly server: string;
  /** The one that is dealt with after it, if there is one. */
  readonly next: string;
  /** Where it is reached by RPC, as Consul lists it. */
  readonly address: string;
  /** Servers of different realms can't speak to each other. */
  readonly realm: string;
  /** How many servers a fresh cluster is formed of. */
  readonly founders: number;
  /** Not read: a new container makes new arguments, and those make Pulumi run the command. */
  readonly containerId: string;
  readonly managementToken: string;
}

const TIMEOUT = 90;

/** Seconds for leaving, all in all. */
const LEAVING = 45;

main<ConsulServerArgs>(async (args) => {
  const engine = new DockerEngine(args.docker);
  const consul = new Consul(engine, args.server, args.managementToken);
  if (!process.argv.includes("--leave")) return settle(args, consul);
  // Whatever is broken, taking a stack away comes to its end.
  await withDeadline(LEAVING, () => leave(args, engine, consul)).catch((error: Error) =>
    say(`consul: ${args.server} is taken away without having left: ${error.message}`),
  );
});

/**
 * Waits for the servers that run, unless the next one is missing: then going on can only bring it back. Where too few run
 * for a quorum, or some are still of another realm, which they leave together, waiting would be for ever.
 */
async function settle(args: ConsulServerArgs, consul: Consul): Promise<void> {
  const { server, next, realm } = args;
  const complaint = `the Consul cluster is not whole again since ${server} was made anew; the others were not touched; look at "docker logs ${server}"`;
  await within(
    TIMEOUT,
    complaint,
    async () => {
      const running = await runningServers(args);
      if (!running.has(next)) return;
      const elsewhere = [...running.values()].filter((other) => other !== realm);
      if (elsewhere.length > 0) return say(`consul: ${elsewhere.length} servers are still to be made anew`);
      const peers = (await consul.get<string[]>("/v1/status/peers")) ?? [];
      const needed = peers.length > 0 ? Math.floor(peers.length / 2) + 1 : args.founders;
      if (running.size < needed) return say(`consul: ${running.size} servers run, a quorum needs ${needed}`);
      const missing = await unfit(args, consul, peers, new Set(running.keys()));
      if (missing.length > 0) notYet(`waiting for ${missing.join(", ")}`);
    },
    500,
  );
}

/** Of the servers that run, those that do not take part yet. */
async function unfit(
  { server, address }: ConsulServerArgs,
  consul: Consul,
  peers: readonly string[],
  running: ReadonlySet<string>,
): Promise<string[]> {
  try {
    const health = await consul.get<AutopilotHealth>("/v1/operator/autopilot/health");
    return unfitServers(health, [...running]);
  } catch (error) {
    if (!(error instanceof ConsulError && error.status === 403)) throw error;
    // A token that is new to the cluster is made by a leader that knows it, so once all servers have been made anew.
    const leader = await consul.get<string>("/v1/status/leader");
    return leader && peers.includes(address) ? [] : [server];
  }
}

/** Realms of the stack's servers that run, by name. */
async function runningServers({ stack, serverHosts }: ConsulServerArgs): Promise<Map<string, string>> {
  const lists = serverHosts.map(async (endpoint) => {
    const engine = new DockerEngine(endpoint);
    const names = await engine.containers({ "flotilla.stack": stack, "flotilla.role": "consul" });
    return engine.inspect(names, '{{index .Config.Labels "flotilla.realm"}}');
  });
  return new Map((await Promise.all(lists)).flatMap((map) => [...map]));
}

async function leave(args: ConsulServerArgs, engine: DockerEngine, consul: Consul): Promise<void> {
  const { server, stack, serverHosts } = args;
  const isRunning = async () =>
    (await engine.containers({ "flotilla.stack": stack, "flotilla.role": "consul" })).includes(server);
  if (!(await isRunning())) return;
  // Without an agent the whole stack is being taken down: leaving one by one would serve nobody.
  if (!(await hasAgent([args.docker, ...serverHosts], stack))) return;
  // Pulumi also calls this once a successor of the same name is there.
  const wanted = await wantedServers(consul);
  if (!wanted)
    return say(`consul: can't tell whether ${server} is to stay; it is taken away without having left`);
  if (wanted.includes(server)) return;

  // Or its restart policy would have it join again as soon as it has left.
  await engine.setRestart([server], "no");
  // The connection ends with the server, whose answer may stay out.
  consul.put("/v1/agent/leave").catch(() => {});
  const gone = await until(30, async () => !(await isRunning()) || undefined);
  say(gone ? `consul: ${server} has left` : `consul: ${server} is still leaving after 30 s`);
}

/** Whether an agent of the stack runs on any of the hosts. The first that has one will do: another may not answer at all. */
async function hasAgent(hosts: readonly Endpoint[], stack: string): Promise<boolean> {
  const looks = [...new Set(hosts)].map(async (endpoint) => {
    const agents = await new DockerEngine(endpoint).containers({
      "flotilla.stack": stack,
      "flotilla.role": "agent",
    });
    if (agents.length === 0) throw new Error("none");
  });
  return Promise.any(looks).then(
    () => true,
    () => false,
  );
}

/** Servers that there are to be; undefined where Consul does not tell. */
async function wantedServers(consul: Consul): Promise<readonly string[] | undefined> {
  return until(5, async () => (await consul.get<string[]>(`/v1/kv/${consulServersKey}?raw`)) ?? []);
}
