import { type Endpoint, endpointOf } from "../lib/docker-endpoint.ts";
import { parseUrn } from "../lib/state-urns.ts";
import type { StateResource } from "../setup/state.ts";

/** A Docker host as the state knows it, by the provider that has made what is there. */
export interface HostProvider {
  readonly key: string;
  readonly docker: Endpoint;
  /** URNs of what it has made. */
  readonly urns: readonly string[];
}

/** The hosts of a stack. The outputs tell of them, too, but not after an `up` that has failed. */
export function hostProviders(resources: readonly StateResource[]): HostProvider[] {
  return resources
    .filter(({ type, delete: gone }) => type === "pulumi:providers:docker" && !gone)
    .flatMap(({ urn, inputs = {} }) => {
      const { host, certPath } = inputs;
      // Pulumi's own one, of whatever was made by no host's.
      if (typeof host !== "string") return [];
      const docker = endpointOf(host, typeof certPath === "string" ? certPath : undefined);
      const made = resources.filter(({ provider }) => provider?.startsWith(`${urn}::`));
      return [{ key: parseUrn(urn).name, docker, urns: made.map((resource) => resource.urn) }];
    });
}
