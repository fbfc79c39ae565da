import { randomUUID } from "node:crypto";
import { changeKey } from "../../lib/consul-keys.ts";
import type { Consul } from "../../runtime/consul.ts";

/**
 * To be called before each change of what balancers read. By the index that Consul gives this they tell older states from
 * newer ones: a server that has just become the leader answers for some milliseconds by what it has read of its log until
 * then, also where it was asked as the leader (agent/consul/rpc.go; only "consistent" reads wait, which consul-template
 * can't be told to do).
 */
export async function announceChange(consul: Consul): Promise<void> {
  await consul.put(`/v1/kv/${changeKey}`, randomUUID());
}
