import * as pulumi from "@pulumi/pulumi";
import type { RevokeTokensArgs } from "../commands/revoke-tokens.ts";
import { programCommand } from "./command-input.ts";
import type { ConsulCluster } from "./consul-cluster.ts";
import type { Credentials } from "./credentials.ts";

/** Arguments for {@link TokenRevocation}. */
export interface TokenRevocationArgs {
  readonly cluster: Pick<ConsulCluster, "contact" | "policies">;
  readonly credentials: Credentials;
}

/** Takes the power from Consul tokens that were replaced. Is to depend on all that has the new ones. */
export class TokenRevocation extends pulumi.ComponentResource {
  constructor(
    name: string,
    { cluster, credentials }: TokenRevocationArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("flotilla:index:TokenRevocation", name, {}, opts);
    // What is made first has nothing to revoke.
    programCommand<RevokeTokensArgs>(
      name,
      { create: null, update: "revoke-tokens.ts" },
      {
        ...cluster.contact,
        managementToken: credentials.management.secretId,
        policies: pulumi
          .output(cluster.policies)
          .apply((policies) =>
            policies.map(({ name, description, accessorId }) => ({ name, description, accessorId })),
          ),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
