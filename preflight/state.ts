import * as pulumi from "@pulumi/pulumi";

/** The stack's outputs, as far as they are asked for here. */
interface Outputs {
  readonly hosts?: Readonly<Record<string, { readonly networks?: readonly string[] }>>;
}

/** Whether a Docker network, by its id, is in the stack's state as this run has found it. */
export type KnowsNetwork = (id: string) => Promise<boolean>;

/**
 * Looks into the stack's state, at most once for all networks and hosts. Its outputs tell at once where the last `up` went
 * through; otherwise all of its resources are looked through, which takes ten times as long.
 */
export function knownNetworks(): KnowsNetwork {
  const stack = pulumi.getStack();
  const read = async (what: string, args: Record<string, string>) =>
    (await pulumi.runtime.invoke(`pulumi:pulumi:${what}`, args)).outputs;
  let outputs: Promise<Outputs> | undefined;
  let resources: Promise<Record<string, { outputs: { id?: unknown } }>> | undefined;
  return async (id) => {
    outputs ??= read("readStackOutputs", { name: stack });
    const { hosts = {} } = await outputs;
    if (Object.values(hosts).some(({ networks }) => networks?.includes(id))) return true;
    resources ??= read("readStackResourceOutputs", { stackName: stack });
    return Object.values(await resources).some(({ outputs }) => outputs.id === id);
  };
}
