/**
 * Consul policies (HCL), as small as each role allows. Services are not told one by one: nobody but the stack has any
 * there, and one that goes is still served while `pulumi up` already says what is to be.
 */
import {
  changeKey,
  changesFolder,
  identityKey,
  movingFolder,
  placementKey,
  poolsFolder,
  routesKey,
} from "./consul-keys.ts";
import { versionsFolder } from "./history.ts";
import { maintenanceFolder } from "./maintenance.ts";
import { agentName, agentPrefix, consulServerPrefix, joined } from "./names.ts";

/** What the policy of a role is called. */
export const policyName = (role: string) => `flotilla-${role}`;

/** What the policy of a host's agent is called. */
export const agentPolicyName = (host: string) => policyName(joined("agent", host));

/** The servers keep their own nodes up to date. */
export const serverRules = (stack: string) =>
  rules(nodes(consulServerPrefix(stack), "write"), services("read"));

/** A host's agent keeps its own node up to date, and sees which of its services the servers know. */
export const agentRules = (stack: string, host: string) =>
  rules(grant("node", agentName(stack, host), "write"), services("read"));

/** A balancer only reads: where instances are, which are on agents' nodes alone, and what its template asks for. */
export const balancerRules = (stack: string) =>
  rules(
    nodes(agentPrefix(stack), "read"),
    services("read"),
    grant("key", identityKey, "read"),
    grant("key", routesKey, "read"),
    ...[poolsFolder, maintenanceFolder, changesFolder].map((folder) => keys(folder, "read")),
  );

/**
 * What `pulumi up` does through the agents: registrations, pools and routes; and it ends what is said of a service that
 * goes. Movers do the same, and see which hosts and servers are there.
 */
export const registrationRules = (stack: string) =>
  rules(
    nodes(agentPrefix(stack), "read"),
    nodes(consulServerPrefix(stack), "read"),
    services("write"),
    ...[placementKey, routesKey, changeKey].map((key) => grant("key", key, "write")),
    ...[poolsFolder, versionsFolder, maintenanceFolder, movingFolder].map((folder) => keys(folder, "write")),
  );

/** What `npm run maintenance` and `npm run rollback` do. */
export const operatorRules = rules(
  grant("key", changeKey, "write"),
  keys(maintenanceFolder, "write"),
  keys(versionsFolder, "read"),
);

type Access = "read" | "write";

function grant(kind: string, name: string, access: Access): string {
  return `${kind} "${name}" { policy = "${access}" }`;
}

function nodes(prefix: string, access: Access): string {
  return grant("node_prefix", prefix, access);
}

function services(access: Access): string {
  return grant("service_prefix", "", access);
}

function keys(folder: string, access: Access): string {
  return grant("key_prefix", folder, access);
}

function rules(...grants: readonly string[]): string {
  return `${grants.join("\n")}\n`;
}
