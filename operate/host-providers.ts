import { addressOf, type Endpoint, endpointOf } from "../lib/docker-endpoint.ts";
import { parseUrn } from "../lib/state-urns.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { SetupError } from "../setup/say.ts";
import type { StateResource } from "../setup/state.ts";

/** A Docker host as the state knows it, by the provider that has made what is there. */
export interface HostProvider {
  readonly key: string;
  readonly docker: Endpoint;
  /** URNs of what it has made. */
  readonly urns: readonly string[];
}

/** Seconds that an engine gets to answer. */
const ANSWER = 10;

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

/** Hosts of a stack whose engines don't answer, of which it says so. Throws a {@link SetupError} where none does. */
export async function silentOnes(stack: string, hosts: readonly HostProvider[]): Promise<HostProvider[]> {
  const reasons = await Promise.all(hosts.map(silence));
  const silent = hosts.filter((_, index) => reasons[index] !== undefined);
  if (hosts.length > 0 && silent.length === hosts.length)
    throw new SetupError(`No host of the stack ${stack} answers: ${reasons.join("; ")}`);
  for (const [index, { key, docker }] of hosts.entries())
    if (reasons[index] !== undefined)
      process.stderr.write(
        `host ${key}: no Docker engine answers at ${addressOf(docker)} (${reasons[index]}); what is there is left out\n`,
      );
  return silent;
}

/** Why a host's engine does not answer; undefined where it does. */
async function silence({ docker }: HostProvider): Promise<string | undefined> {
  const ask = () => new DockerEngine(docker).docker("version", "--format", "{{.Server.Version}}");
  return withDeadline(ANSWER, ask).then(
    () => undefined,
    (error: Error) => error.message.trim().split("\n").at(-1),
  );
}
