/** Ports and addresses that a stack has for itself. */
export interface Ground {
  readonly subnet: string;
  readonly consulPort: number;
  readonly balancerPort: number;
  readonly statsPort: number;
}

const balancers = (port: number) => [0, 1, 2, 3, 4].map((i) => port + 101 * i);
const statistics = (port: number) => [1, 2, 3, 4].map((i) => port + i);
const servers = (port: number) => [0, 1, 2, 3, 4, 5, 6].map((i) => port + i);

/** Chooses what neither the stack's own services have nor other stacks of the project, whose config may be up on the same host. */
export function chooseGround(ports: ReadonlySet<number>, copies: number, others: readonly Ground[]): Ground {
  const taken = new Set([
    ...ports,
    ...others.flatMap((other) => [
      ...balancers(other.balancerPort),
      ...statistics(other.statsPort),
      ...servers(other.consulPort),
    ]),
  ]);
  const free = (first: number, step: number, span: (port: number) => number[]): number => {
    for (let port = first; port < 30_000; port += step) {
      const wanted = span(port);
      if (wanted.some((one) => taken.has(one))) continue;
      for (const one of wanted) taken.add(one);
      return port;
    }
    return first;
  };
  const used = others.map(({ subnet }) => subnet);
  // A small one has room for some sixty copies, which count twice while a version rolls.
  const isSmall = copies <= 60;
  const next = Array.from({ length: isSmall ? 200 : 8 }, (_, index) =>
    isSmall ? `172.28.${index}.0/24` : `172.${20 + index}.0.0/16`,
  );
  return {
    subnet: ["172.30.0.0/16", ...next].find((subnet) => !used.includes(subnet)) ?? "172.30.0.0/16",
    balancerPort: free(8080, 10, balancers),
    statsPort: free(9000, 10, statistics),
    consulPort: free(8500, 10, servers),
  };
}
