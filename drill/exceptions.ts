/** A change that may cost requests or be refused, with the reason: the only ones that may. The README prints them all. */
export interface Exception {
  /** What is changed, as the README calls it. */
  readonly what: string;
  readonly why: string;
  /** Longest time, in seconds, from the first request that fails to the last. */
  readonly bound: number;
  /** What `pulumi up` says when it refuses; after that the stack is as it was, and the next `up --refresh` goes through. */
  readonly refusal?: RegExp;
  /** The resources that it is about, by type and name and, for containers, by role. */
  readonly resources?: { readonly type: RegExp; readonly name?: RegExp; readonly role?: string };
  /** The config keys that it is about, as config/keys.ts writes them. */
  readonly keys?: readonly string[];
}

export const exceptions: readonly Exception[] = [
  {
    what: "`front`; the ports that it publishes",
    why: "a port belongs to one container, so the old one goes before the new one comes, and with it the balancers, which live in its network namespace",
    bound: 10,
    resources: { type: /^docker:.*:Container$/, role: "front" },
    keys: ["loadBalancers.max", "loadBalancers.statsPort", "loadBalancers.ipv6", "services.<name>.publish"],
  },
  {
    what: "`loadBalancers.port`",
    why: "whoever asks at the old port is refused",
    bound: 60,
    keys: ["loadBalancers.port"],
  },
  {
    what: "the network; its subnet",
    why: "two networks of one name can't live side by side, so all containers go with it and are made again",
    bound: 60,
    resources: { type: /^docker:.*:Network$/, name: /--network$/ },
    keys: ["network.subnet"],
  },
  {
    what: "the log volume, the volume of the agent's socket and services' own volumes",
    why: "the engine keeps a volume as long as a container has it: `up` fails after 30 s, and the next `up --refresh` clears that away",
    bound: 0,
    refusal: /in_use/,
    resources: { type: /^docker:.*:Volume$/, name: /--logs--|--socket$|_/ },
  },
];

/** Config keys that the drill changes nowhere, or sections of such, with the reason. */
export const keysLeftAlone: Readonly<Record<string, string>> = {
  "hosts.<key>.tls": "needs an engine that is reached by TCP",
  "hosts.<key>.insecure": "needs an engine that is reached by TCP",
  "hosts.<key>.peerAddress": "says something only where there are several hosts",
  "hosts.<key>.weight": "says something only where there are several hosts",
  "hosts.<key>.zone": "says something only where there are several hosts",
  "hosts.<key>.state": "says something only where there are several hosts",
  "hosts.<key>.consulServers": "says something only where there are several hosts",
  "consul.peerPort": "says something only where there are several hosts",
  "loadBalancers.peerPort": "says something only where there are several hosts",
  "services.<name>.failover": "says something only where there are several data centres",
  "services.<name>.movedFrom": "has an end-to-end test of its own",
  "services.<name>.protocol": "has an end-to-end test of its own",
  "services.<name>.balance": "has an end-to-end test of its own",
  "services.<name>.locality": "says something only where there are several hosts",
  "services.<name>.health.send": "has an end-to-end test of its own",
  "services.<name>.health.expect": "has an end-to-end test of its own",
  "services.<name>.provides": "has an end-to-end test of its own",
  "services.<name>.requires.<name>.service": "has an end-to-end test of its own",
  "services.<name>.requires.<name>.env": "has an end-to-end test of its own",
  "services.<name>.requires.<name>.secrets": "has an end-to-end test of its own",
  "services.<name>.requires.<name>.onChange.command": "has an end-to-end test of its own",
  "services.<name>.requires.<name>.onChange.signal": "has an end-to-end test of its own",
  backups: "has an end-to-end test of its own",
  jobs: "has nothing to do with requests",
  "registry.address": "needs a registry",
  "registry.username": "needs a registry",
  "registry.password": "needs a registry",
};

/** What is asked of a resource here. */
interface Resource {
  readonly type: string;
  readonly name: string;
  readonly role?: string;
}

export function exceptionForResource(resource: Resource): Exception | undefined {
  return exceptions.find(({ resources }) => {
    if (!resources?.type.test(resource.type)) return false;
    const { name, role = resource.role } = resources;
    return role === resource.role && (name === undefined || name.test(resource.name));
  });
}

export function exceptionForKey(key: string): Exception | undefined {
  return exceptions.find(({ keys }) => keys?.includes(key));
}
