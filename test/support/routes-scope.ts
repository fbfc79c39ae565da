import type { RoutesScope } from "../../lib/routes.ts";

/** Where a routing table holds: in a data centre of so many hosts, a, b and so on, each with so many balancers. */
export const scopeOf = (hosts: number, perHost: number): RoutesScope => ({
  stack: "test",
  datacenter: "dc1",
  hosts: hostsOf("dc1", hosts),
  loadBalancers: { ipv6: false, count: perHost },
});

/** Hosts of a data centre, as far as routes look at them. */
export const hostsOf = (datacenter: string, count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => {
    const key = "abcdefgh".charAt(first + index);
    return { key, address: `10.0.0.${first + index + 1}`, datacenter, weight: 1 };
  });
