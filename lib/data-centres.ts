import type { HostSettings } from "../config/settings.ts";

/** Hosts that have a Consul in common; what they know of other data centres is their balancers' addresses. */
export interface DataCentre<T> {
  readonly name: string;
  /** In the order in which they were given. */
  readonly hosts: readonly T[];
}

/** A host as far as it is told where it is. */
type Placed = Pick<HostSettings, "datacenter">;

/** The data centres of some hosts, in the order of their names. */
export function dataCentresOf<T extends Placed>(hosts: readonly T[]): DataCentre<T>[] {
  return namesOf(hosts).map((name) => ({ name, hosts: inDataCentre(hosts, name) }));
}

export const inDataCentre = <T extends Placed>(hosts: readonly T[], name: string) =>
  hosts.filter(({ datacenter }) => datacenter === name);

/** Names of the data centres of some hosts, sorted. */
export const namesOf = (hosts: readonly Placed[]) =>
  [...new Set(hosts.map(({ datacenter }) => datacenter))].sort();

/** Where a host is reached from another one, and the setting that says so. */
export function peerAddressOf(
  host: Pick<HostSettings, "address" | "peerAddress" | "datacenter">,
  from: Placed,
): { readonly address: string; readonly setting: string } {
  const setting = host.datacenter === from.datacenter ? "peerAddress" : "address";
  return { address: host[setting], setting };
}

/** Where each host is, by its key; undefined where nobody has told. */
export type Whereabouts = Readonly<Record<string, string | undefined>>;

/**
 * Hosts that have come to another data centre without all those that were, or are, there with them. A data centre may be
 * given another name, which all of its hosts then have.
 */
export function movedHosts(former: Whereabouts, present: Whereabouts): string[] {
  const keys = Object.keys(present).filter((key) => former[key] !== undefined);
  const apart = (a: string, b: string) => (former[a] === former[b]) !== (present[a] === present[b]);
  return keys.filter((key) => former[key] !== present[key] && keys.some((other) => apart(key, other)));
}
