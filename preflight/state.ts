import * as pulumi from "@pulumi/pulumi";
import { consulServerPrefix } from "../lib/names.ts";

/** What the last `up` has told of a host. */
export interface HostOutput {
  readonly networks?: readonly string[];
  readonly datacenter?: string;
  /** Numbers of its Consul servers. */
  readonly consulServers?: readonly number[];
}

/** The stack's outputs, as far as they are asked for here. */
interface Outputs {
  readonly hosts?: Readonly<Record<string, HostOutput>>;
  /** Hosts that it did not reach, as they were told of before. */
  readonly absentHosts?: Readonly<Record<string, HostOutput>>;
}

/** A resource, as far as it is asked for here. */
interface Resource {
  readonly outputs: { readonly id?: unknown; readonly name?: unknown; readonly labels?: unknown };
}

interface Label {
  readonly label: string;
  readonly value: string;
}

/** The stack's state as this run has found it; each part of it is read at most once, and only where it is asked for. */
export interface StackState {
  /** Hosts as the last `up` has told of them, by key; as far as its resources tell where it has not come to its end. */
  readonly hosts: () => Promise<Readonly<Record<string, HostOutput>>>;
  /** Whether a Docker network, by its id, is in it. */
  readonly knowsNetwork: (id: string) => Promise<boolean>;
  /** URNs of all of its resources. */
  readonly urns: () => Promise<readonly string[]>;
}

/**
 * Outputs tell at once what there is where the last `up` went through; otherwise all resources are looked through, which
 * takes ten times as long.
 */
export function readState(): StackState {
  const stack = pulumi.getStack();
  const read = async (what: string, args: Record<string, string>) =>
    (await pulumi.runtime.invoke(`pulumi:pulumi:${what}`, args)).outputs;
  let known: Promise<Readonly<Record<string, HostOutput>>> | undefined;
  let resources: Promise<Record<string, Resource>> | undefined;
  const all = () => {
    resources ??= read("readStackResourceOutputs", { stackName: stack });
    return resources;
  };
  const look = async () => {
    const { hosts, absentHosts }: Outputs = await read("readStackOutputs", { name: stack });
    return hosts ? { ...absentHosts, ...hosts } : hostsIn(stack, Object.values(await all()));
  };
  const hosts = () => {
    known ??= look();
    return known;
  };
  return {
    hosts,
    async knowsNetwork(id) {
      if (Object.values(await hosts()).some(({ networks }) => networks?.includes(id))) return true;
      return Object.values(await all()).some(({ outputs }) => outputs.id === id);
    },
    urns: async () => Object.keys(await all()),
  };
}

/** Hosts by the labels of what is on them. */
function hostsIn(stack: string, resources: readonly Resource[]): Record<string, HostOutput> {
  const hosts: Record<string, { consulServers: number[] }> = {};
  for (const { outputs } of resources) {
    const labels = Array.isArray(outputs.labels) ? (outputs.labels as Label[]) : [];
    const labelOf = (name: string) => labels.find(({ label }) => label === name)?.value;
    const host = labelOf("flotilla.host");
    if (host === undefined) continue;
    hosts[host] ??= { consulServers: [] };
    const { name = "" } = outputs;
    if (labelOf("flotilla.role") === "consul" && String(name).startsWith(consulServerPrefix(stack)))
      hosts[host].consulServers.push(Number(String(name).slice(consulServerPrefix(stack).length)));
  }
  return hosts;
}
