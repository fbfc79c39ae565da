/**
 * Waits until a fresh Consul cluster has a leader and all its servers, then puts in place what the rest of the stack
 * needs there: policies, their tokens (whose secrets Pulumi made), and the mark that this Consul knows the stack.
 */
import { main, notYet, say, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";

/** What `consul-setup` is told on its standard input. */
export interface ConsulSetupArgs {
  /** Docker endpoint and container of the server to talk to. */
  readonly docker: string;
  readonly server: string;
  readonly servers: number;
  readonly managementToken: string;
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

const LEADER_TIMEOUT = 60;

main<ConsulSetupArgs>(async ({ docker, server, servers, managementToken, policies }) => {
  const consul = new Consul(new DockerEngine(docker), server, managementToken);
  await within(LEADER_TIMEOUT, "Consul is not ready", async () => {
    const leader = await consul.get<string>("/v1/status/leader");
    if (!leader) notYet("no leader elected");
    const peers = (await consul.get<string[]>("/v1/status/peers")) ?? [];
    if (peers.length < servers) notYet(`${peers.length} of ${servers} servers have joined`);
  });
  // A leader makes its management token a moment after its election.
  await within(LEADER_TIMEOUT, "Consul does not take its policies", async () => {
    for (const policy of policies) await put(consul, policy);
    await consul.put("/v1/kv/flotilla/ready", "1");
  });
  say(`consul: ${servers} servers, a leader, ${policies.length} policies`);
});

async function put(
  consul: Consul,
  { name, description, rules, accessorId, secretId }: Policy,
): Promise<void> {
  const policy = { Name: name, Description: description, Rules: rules };
  // Listed, since Consul 1.14 answers 403 for a name that it does not know.
  const all = (await consul.get<{ ID: string; Name: string }[]>("/v1/acl/policies")) ?? [];
  const known = all.find(({ Name }) => Name === name);
  await consul.put(known ? `/v1/acl/policy/${known.ID}` : "/v1/acl/policy", policy);

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
