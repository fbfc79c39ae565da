import * as pulumi from "@pulumi/pulumi";

/** A resource as the stack's state had it before this run. */
export interface KnownResource {
  readonly urn: string;
  readonly type: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the stack's state knows, secrets included: for comparisons, never to be shown. */
export async function knownResources(): Promise<KnownResource[]> {
  const answer = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: pulumi.getStack(),
  });
  const resources = answer.outputs as Record<string, Omit<KnownResource, "urn">>;
  return Object.entries(resources).map(([urn, resource]) => ({ urn, ...resource }));
}
