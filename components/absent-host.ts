import * as pulumi from "@pulumi/pulumi";
import type { HostSettings } from "../config/settings.ts";
import { isOfHost, parseUrn, type StateResource } from "../lib/state-urns.ts";
import type { ConsulCluster } from "./consul-cluster.ts";
import type * as docker from "./docker.ts";

/** Arguments for {@link AbsentHost}. */
export interface AbsentHostArgs {
  readonly stack: string;
  readonly host: HostSettings;
  readonly provider: docker.Provider;
  /** URNs of all that the stack's state has. */
  readonly urns: readonly string[];
  readonly cluster: ConsulCluster;
}

/**
 * A host that nobody reaches. All that the state has of it is registered as it stands there, so that nobody is asked about
 * it and nothing of it is changed. Where the host is then taken out of the config, this is deleted, and what is on the host
 * is forgotten along with it, again without asking it.
 */
export class AbsentHost extends pulumi.ComponentResource {
  constructor(name: string, args: AbsentHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:AbsentHost", name, {}, opts);
    const { stack, host, provider, urns, cluster } = args;
    const all = urns.map(parseUrn).filter((one) => isOfHost(one, { stack, ...host }));
    keep(all, { stack, provider, deletedWith: cluster.members[host.key], cluster });
    this.registerOutputs({});
  }
}

/** Properties that are secret beside those that are given as such, which their owners name. */
const secretOutputs: Readonly<Record<string, string[]>> = {
  "docker:index/container:Container": ["uploads", "envs"],
  "command:local:Command": ["stdout", "stderr"],
};

/** A resource of any type that stays what it is. */
class KeptResource extends pulumi.CustomResource {
  constructor(type: string, name: string, opts: pulumi.CustomResourceOptions) {
    super(type, name, {}, { ...opts, ignoreChanges: ["*"] });
  }
}

/** What all of a host's resources have in common. */
interface Common {
  readonly stack: string;
  readonly provider: docker.Provider;
  readonly deletedWith: pulumi.Resource | undefined;
  readonly cluster: ConsulCluster;
}

function keep(all: readonly StateResource[], { stack, provider, deletedWith, cluster }: Common): void {
  const components: Component[] = [
    { types: "flotilla:index:ConsulCluster", name: "consul", resource: cluster },
  ];
  // Parents come first.
  for (const { types, name } of all.toSorted((a, b) => a.types.length - b.types.length)) {
    const type = types.at(-1) ?? "";
    const above = components.filter((one) => one.types === types.slice(0, -1).join("$"));
    const parent = parentOf(name, stack, above);
    const opts = { ...(parent && { parent }), ...(deletedWith && { deletedWith }) };
    if (type.startsWith("flotilla:")) {
      const resource = new pulumi.ComponentResource(type, name, {}, { ...opts, ignoreChanges: ["*"] });
      components.push({ types: types.join("$"), name, resource });
      continue;
    }
    new KeptResource(type, name, {
      ...opts,
      ...(type.startsWith("docker:") && { provider }),
      additionalSecretOutputs: secretOutputs[type] ?? [],
    });
  }
}

interface Component {
  /** Its type after those above it, as URNs have them. */
  readonly types: string;
  readonly name: string;
  readonly resource: pulumi.Resource;
}

/** The component that a resource is below: of several pools that whose name its own begins with, after the stack's maybe. */
function parentOf(
  name: string,
  stack: string,
  components: readonly Component[],
): pulumi.Resource | undefined {
  const names = [name, name.replace(`${stack}--`, "")];
  const fits = components
    .filter((component) => names.some((one) => one.startsWith(component.name)))
    .sort((a, b) => b.name.length - a.name.length);
  return (fits[0] ?? components[0])?.resource;
}
