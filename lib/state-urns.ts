/** A resource as its URN tells of it. */
export interface StateResource {
  readonly urn: string;
  /** Its type, after those of the resources above it. */
  readonly types: readonly string[];
  readonly name: string;
}

/** Reads a URN, such as `urn:pulumi:dev::flotilla::flotilla:index:Warden$docker:index/container:Container::warden-a`. */
export function parseUrn(urn: string): StateResource {
  const [, , chain = "", ...name] = urn.split("::");
  return { urn, types: chain.split("$"), name: name.join("::") };
}

/** A host, as far as names of resources tell of it. */
export interface NamedHost {
  readonly stack: string;
  readonly key: string;
  /** Numbers of the Consul servers that live there. */
  readonly consulServers: readonly number[];
}

/** Whether a resource is one of those that a host consists of, by the names that components give them. */
export function isOfHost({ types, name }: StateResource, { stack, key, consulServers }: NamedHost): boolean {
  const isOrBelow = (prefix: string) => name === prefix || name.startsWith(`${prefix}--`);
  const parts = name.replace(/[ _].*$/, "").split("--");
  const [top = ""] = types;
  const isContainer = types.at(-1) === "docker:index/container:Container";
  switch (top.replace(/^flotilla:index:/, "")) {
    case "DockerHost":
      return isOrBelow(key);
    case "Warden":
      return isOrBelow(`warden-${key}`);
    case "ConsulAgent":
      return isOrBelow(`agent-${key}`);
    case "Reachability":
      return isOrBelow(`reach-${key}`);
    case "Mover":
      return isOrBelow(`mover-${key}`);
    case "Herald":
      return isOrBelow(`herald-${key}`);
    case "Backup":
      return isOrBelow(`backup-${key}`);
    case "Scheduler":
      return isOrBelow(`scheduler-${key}`);
    case "Job":
      return parts[1] === key;
    case "LogKeeper":
      return isOrBelow(`keeper-${key}`);
    case "HaproxyTier":
      if (types.length === 1) return name === `balancers-${key}`;
      return isContainer ? parts[0] === stack && parts[2] === key : name === `balancers-${key}-ready`;
    case "ServerPool":
      // A copy's name begins with the stack's and ends with a number; so may a batch's, but that is no container.
      return isContainer && parts.length === 4 ? parts[2] === key : parts[1] === key;
    case "ConsulCluster":
      return parts[0] === "consul" && consulServers.includes(Number(parts[1]));
    default:
      return false;
  }
}
