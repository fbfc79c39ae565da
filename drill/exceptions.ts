/** A change that may cost requests, with the reason: the only ones that may. The README prints them all. */
export interface Exception {
  /** What is changed, as the README calls it. */
  readonly what: string;
  readonly why: string;
  /** Longest time, in seconds, from the first request that fails to the last. */
  readonly bound: number;
  /** The resources that it is about, by type and, for containers, by role. */
  readonly resources?: { readonly type: RegExp; readonly role?: string };
  /** The config keys that it is about, as config/keys.ts writes them. */
  readonly keys?: readonly string[];
}

export const exceptions: readonly Exception[] = [
  {
    what: "`front`, and the keys that say which ports it publishes",
    why: "a port belongs to one container, so the old one goes before the new one comes, and the balancers, which live in its network namespace, with it",
    bound: 15,
    resources: { type: /^docker:.*:Container$/, role: "front" },
  },
  {
    what: "the network",
    why: "two networks of one name or subnet can't live side by side: all containers go with it and are made again",
    bound: 60,
    resources: { type: /^docker:.*:Network$/ },
  },
  {
    what: "the Docker provider",
    why: "Pulumi takes what a replaced provider made for another machine's, and makes everything again",
    bound: 60,
    resources: { type: /^pulumi:providers:docker$/ },
  },
];

/** What is asked of a resource here. */
interface Resource {
  readonly type: string;
  readonly role?: string;
}

export function exceptionForResource({ type, role }: Resource): Exception | undefined {
  return exceptions.find(
    ({ resources }) =>
      resources?.type.test(type) && (resources.role === undefined || resources.role === role),
  );
}

export function exceptionForKey(key: string): Exception | undefined {
  return exceptions.find(({ keys }) => keys?.includes(key));
}
