/**
 * Revokes the tokens that others have taken the place of, and those of agents of hosts that go: called when nothing that is
 * to stay speaks to Consul with them any more. A balancer that is still draining then follows nothing new, and has nothing
 * to follow.
 */

import { tokenOf } from "../lib/catalogue.ts";
import { agentPolicyName } from "../lib/consul-policies.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { main, say, until, within } from "../runtime/command.ts";
import { Consul } from "../runtime/consul.ts";
import { DockerEngine } from "../runtime/docker.ts";
import type { Policy } from "./consul-setup.ts";

/** What `revoke-tokens` is told on its standard input. */
export interface RevokeTokensArgs {
  /** Docker endpoint and container of the server to talk to. */
  readonly docker: Endpoint;
  readonly server: string;
  readonly managementToken: string;
  /** Each with the one token that is to carry it. */
  readonly policies: readonly Pick<Policy, "name" | "description" | "accessorId">[];
}

interface KnownToken {
  readonly AccessorID: string;
  readonly Description: string;
  readonly Policies?: readonly { readonly Name: string }[] | null;
}

interface Instance {
  readonly ServiceMeta: Readonly<Record<string, string>>;
}

/** Seconds that Consul gets to answer, and agents to tell it of registrations that have just changed. */
const ANSWER = 60;
const SYNC = 10;

main<RevokeTokensArgs>(async ({ docker, server, managementToken, policies }) => {
  const consul = new Consul(new DockerEngine(docker), server, managementToken);
  let left = await within(ANSWER, "Consul does not revoke former tokens", () => revoke(consul, policies));
  await until(SYNC, async () => {
    if (left.length > 0) left = await revoke(consul, policies);
    return left.length === 0 || undefined;
  });
  for (const { Description } of left)
    say(`consul: a former token stays valid, since registrations hang on it (${Description})`);
});

/** Revokes what nothing hangs on; gives the rest. */
async function revoke(consul: Consul, policies: RevokeTokensArgs["policies"]): Promise<KnownToken[]> {
  const all = (await consul.get<KnownToken[]>("/v1/acl/tokens")) ?? [];
  const former = all.filter((token) => isFormer(token, policies));
  if (former.length === 0) return [];
  const used = await registrationTokens(consul);
  const isUsed = ({ AccessorID }: KnownToken) => used.has(AccessorID);
  for (const { AccessorID, Description } of former.filter((token) => !isUsed(token))) {
    await consul.delete(`/v1/acl/token/${AccessorID}`);
    say(`consul: a former token is revoked (${Description})`);
  }
  return former.filter(isUsed);
}

/**
 * Whether a token is one of ours, by its name and by being for nothing else, that another has taken the place of, or that of
 * an agent whose host is none of the stack's any more.
 */
function isFormer(token: KnownToken, policies: RevokeTokensArgs["policies"]): boolean {
  const [carried, ...more] = token.Policies ?? [];
  if (carried === undefined || more.length > 0) return false;
  const own = policies.find(({ name }) => name === carried.Name);
  if (own === undefined) return carried.Name.startsWith(agentPolicyName(""));
  return own.description === token.Description && own.accessorId !== token.AccessorID;
}

/**
 * Tokens that instances were registered with, of services that are to go, too: their end, which comes after this, is told
 * with the same.
 */
async function registrationTokens(consul: Consul): Promise<Set<string>> {
  const services = (await consul.get<Record<string, string[]>>("/v1/catalog/services")) ?? {};
  const tokens = new Set<string>();
  for (const name of Object.keys(services)) {
    const instances = (await consul.get<Instance[]>(`/v1/catalog/service/${name}`)) ?? [];
    for (const { ServiceMeta } of instances) tokens.add(tokenOf(ServiceMeta) ?? "");
  }
  return tokens;
}
