import * as pulumi from "@pulumi/pulumi";

/** What the last `up` has told of a host. */
export interface HostOutput {
  readonly networks?: readonly string[];
}

/** The stack's outputs, as far as they are asked for here. */
interface Outputs {
  readonly hosts?: Readonly<Record<string, HostOutput>>;
  /** Hosts that it did not reach, as they were told of before. */
  readonly absentHosts?: Readonly<Record<string, HostOutput>>;
}

/** The stack's state as this run has found it; each part of it is read at most once, and only where it is asked for. */
export interface StackState {
  /** Hosts as the last `up` has told of them, by key. */
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
  let outputs: Promise<Outputs> | undefined;
  let resources: Promise<Record<string, { outputs: { id?: unknown } }>> | undefined;
  const hosts = async () => {
    outputs ??= read("readStackOutputs", { name: stack });
    const { hosts, absentHosts } = await outputs;
    return { ...absentHosts, ...hosts };
  };
  const all = () => {
    resources ??= read("readStackResourceOutputs", { stackName: stack });
    return resources;
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
