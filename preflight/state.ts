import * as pulumi from "@pulumi/pulumi";

/** The stack's outputs, as far as they are asked for here. */
interface Outputs {
  readonly hosts?: Readonly<Record<string, { readonly networks?: readonly string[] }>>;
}

/**
 * Whether a Docker network, by its id, is in the stack's state as this run has found it. Its outputs tell that at once where
 * the last `up` went through; otherwise all of its resources are looked through, which takes ten times as long.
 */
export async function knowsNetwork(id: string): Promise<boolean> {
  const stack = pulumi.getStack();
  const read = async (what: string, args: Record<string, string>) =>
    (await pulumi.runtime.invoke(`pulumi:pulumi:${what}`, args)).outputs;
  const { hosts = {} }: Outputs = await read("readStackOutputs", { name: stack });
  if (Object.values(hosts).some(({ networks }) => networks?.includes(id))) return true;
  const resources = await read("readStackResourceOutputs", { stackName: stack });
  return Object.values(resources as Record<string, { outputs: { id?: unknown } }>).some(
    ({ outputs }) => outputs.id === id,
  );
}
