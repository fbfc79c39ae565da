/**
 * Waits until Consul has a leader and all its servers, then puts in place what the rest of the stack needs there: policies,
 * their tokens and the gossip key (whose secrets Pulumi made). A Consul that has lost its data gets back what can be had
 * from what runs: the routing table that balancers serve by, and the size of the pools behind it. Prints the identity
 * of Consul's data, by which others know that they have to tell it everything again. `--whole` waits until each server has
 * its vote and is well, too, as servers that were made anew are not at once.
 */

import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { consulServersKey, identityKey, poolKey, routesKey } from "../lib/consul-keys.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import type { RoutingTable } from "../lib/routes.ts";
import { CommandFailure, main, notYet, say, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { type AutopilotHealth, unfitServers } from "./support/autopilot.ts";
import { type Place, unreached } from "./support/reach.ts";

/** What `consul-setup` is told on its standard input. */
export interface ConsulSetupArgs {
  readonly stack: string;
  /** Docker endpoint and container of the server to talk to. */
  readonly docker: Endpoint;
  readonly server: string;
  /** Names of the servers that must be there. */
  readonly servers: readonly string[];
  /** Of all that there are to be, those on hosts that are not reached, too. */
  readonly allServers: readonly string[];
  /** Where those of other hosts are spoken to. */
  readonly places: readonly Place[];
  /** Not read: servers that were made anew may have lost their data. */
  readonly containerIds: readonly string[];
  /** Every host, by key: its Docker endpoint. */
  readonly hosts: Readonly<Record<string, Endpoint>>;
  readonly managementToken: string;
  readonly gossipKey: string;
  readonly policies: readonly Policy[];
}

export interface Policy {
  readonly name: string;
  readonly description: string;
  /** Rules in Consul's policy language. */
  readonly rules: string;
  /** The one token that carries the policy. */
  readonly accessorId: string;
  readonly secretId: string;
}

interface KnownPolicy {
  readonly ID: string;
  readonly Name: string;
}

const LEADER_TIMEOUT = 60;

main<ConsulSetupArgs>(async (args) => {
  const { docker, server, servers, allServers, managementToken, gossipKey, policies } = args;
  const consul = new Consul(new DockerEngine(docker), server, managementToken);
  await awaitServers(args, consul);
  // A leader makes its management token a moment after its election.
  await within(LEADER_TIMEOUT, "Consul does not take its policies", async () => {
    // Listed, since Consul 1.14 answers 403 for a name that it does not know.
    const known = (await consul.get<KnownPolicy[]>("/v1/acl/policies")) ?? [];
    for (const policy of policies) await put(consul, policy, known);
    await revokeFormerManagement(consul);
    await consul.put(`/v1/kv/${consulServersKey}`, allServers);
  });
  await within(LEADER_TIMEOUT, "Consul does not take the gossip key", () => useGossipKey(consul, gossipKey));
  await restoreRoutes(args, consul);
  if (process.argv.includes("--whole")) await awaitWhole(servers, consul);
  writeSync(1, await identityOf(consul));
  say(`consul: ${servers.length} servers, a leader, ${policies.length} policies`);
});

/** Waits for a leader and all servers; where they don't come, tells whether the way to them is closed. */
async function awaitServers(
  { docker, server, servers, places }: ConsulSetupArgs,
  consul: Consul,
): Promise<void> {
  try {
    await within(LEADER_TIMEOUT, "Consul is not ready", async () => {
      const leader = await consul.get<string>("/v1/status/leader");
      if (!leader)
        notYet(
          "no leader elected; where most of its servers are lost for good, `npm run recover` mends that",
        );
      const peers = (await consul.get<string[]>("/v1/status/peers")) ?? [];
      if (peers.length < servers.length) notYet(`${peers.length} of ${servers.length} servers have joined`);
    });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const closed = await unreached(new DockerEngine(docker), server, places);
    if (closed.length === 0) throw error;
    throw new CommandFailure(
      [error.message, ...closed.map((line) => `${server} does not reach ${line}.`)].join("\n  "),
    );
  }
}

async function awaitWhole(servers: readonly string[], consul: Consul): Promise<void> {
  await within(LEADER_TIMEOUT, "the Consul cluster is not whole", async () => {
    const health = await consul.get<AutopilotHealth>("/v1/operator/autopilot/health");
    const unfit = unfitServers(health, servers);
    if (unfit.length > 0) notYet(`waiting for ${unfit.join(", ")}`);
  });
}

async function put(
  consul: Consul,
  { name, description, rules, accessorId, secretId }: Policy,
  known: readonly KnownPolicy[],
): Promise<void> {
  const policy = { Name: name, Description: description, Rules: rules };
  const there = known.find(({ Name }) => Name === name);
  await consul.put(there ? `/v1/acl/policy/${there.ID}` : "/v1/acl/policy", policy);

  const token = {
    AccessorID: accessorId,
    SecretID: secretId,
    Description: description,
    Policies: [{ Name: name }],
  };
  // Unknown ones are answered 403, too.
  const exists = await consul.get(`/v1/acl/token/${accessorId}`).catch(() => undefined);
  await consul.put(exists ? `/v1/acl/token/${accessorId}` : "/v1/acl/token", token);
}

/** A management token that was replaced opens nothing any more. */
async function revokeFormerManagement(consul: Consul): Promise<void> {
  const own = await consul.get<{ AccessorID: string }>("/v1/acl/token/self");
  const all = (await consul.get<{ AccessorID: string; Description: string }[]>("/v1/acl/tokens")) ?? [];
  const former = all.filter(
    ({ AccessorID, Description }) =>
      Description === "Initial Management Token" && AccessorID !== own?.AccessorID,
  );
  for (const { AccessorID } of former) await consul.delete(`/v1/acl/token/${AccessorID}`);
}

/** Makes every node use the key, and forget all others. Nodes keep their keys with their data, whatever their configuration says. */
async function useGossipKey(consul: Consul, key: string): Promise<void> {
  const pools = (await consul.get<{ Keys: Record<string, number> }[]>("/v1/operator/keyring")) ?? [];
  const others = new Set(pools.flatMap(({ Keys }) => Object.keys(Keys)).filter((known) => known !== key));
  if (others.size === 0) return;
  await consul.post("/v1/operator/keyring", { Key: key });
  await consul.put("/v1/operator/keyring", { Key: key });
  for (const Key of others) await consul.delete("/v1/operator/keyring", { Key });
}

/**
 * Where there is no routing table: the one that a running balancer has, after the sizes of the pools that it leads to, by
 * which balancers tell "none yet" from "none". Pulumi writes all of it again later, once it has registered the instances.
 */
async function restoreRoutes({ stack, hosts }: ConsulSetupArgs, consul: Consul): Promise<void> {
  if ((await consul.get(`/v1/kv/${routesKey}?raw`)) !== undefined) return;
  const engines = Object.entries(hosts).map(([host, endpoint]) => ({
    host,
    engine: new DockerEngine(endpoint),
  }));
  const tables = await Promise.all(
    engines.map(({ engine }) => routesOf(stack, engine).catch(() => undefined)),
  );
  const routes = tables.find((table) => table !== undefined);
  if (routes === undefined) return;
  for (const { name: service } of (JSON.parse(routes) as RoutingTable).services) {
    for (const { host, engine } of engines) {
      const labels = { "flotilla.stack": stack, "flotilla.role": "server", "flotilla.service": service };
      const instances = await engine.containers(labels);
      if (instances.length > 0)
        await consul.put(`/v1/kv/${poolKey(service, host)}`, String(instances.length));
    }
  }
  await consul.put(`/v1/kv/${routesKey}`, routes);
  say("consul: had lost its data; the routing table is back as the balancers have it");
}

/** The routing table that a host's balancers serve by, where they have one. */
async function routesOf(stack: string, engine: DockerEngine): Promise<string | undefined> {
  const balancers = await engine.containers({ "flotilla.stack": stack, "flotilla.role": "balancer" });
  for (const balancer of balancers) {
    const { output } = await engine.tryExec(
      balancer,
      "sed",
      "-n",
      "s/^# routes: //p",
      "/run/flotilla/haproxy.cfg",
    );
    if (output.startsWith("{")) return output.trim();
  }
  return undefined;
}

async function identityOf(consul: Consul): Promise<string> {
  // Only the first to come writes it.
  await consul.put(`/v1/kv/${identityKey}?cas=0`, JSON.stringify(randomUUID()));
  return (await consul.get<string>(`/v1/kv/${identityKey}?raw`)) ?? "";
}
