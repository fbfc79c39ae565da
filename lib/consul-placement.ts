import type { HostSettings } from "../config/settings.ts";
import { dataCentresOf } from "./data-centres.ts";

/** Numbers of the Consul servers on each host, by its key. */
export type Placement = Readonly<Record<string, readonly number[]>>;

/** Servers of all data centres together that there may be. */
export const maxServersInAll = 15;

/** The highest number that a server can have, whatever has moved: so many have ports and addresses. */
export const maxServerNumber = 2 * maxServersInAll;

/**
 * Where Consul's servers live, where nobody says. Those that are there stay. One that is missing, since its host is gone or
 * more are wanted, comes to the host that has fewest, under a number that is nobody's: a server that moves is another one. Of
 * too many, the last of the host that has most goes.
 * @param hosts keys of the hosts that there are to be
 * @param former where servers were, hosts that are to go among them
 * @param away hosts to which none comes, though those that are there stay
 * @param taken numbers that are somebody's in another data centre
 */
export function placeServers(
  hosts: readonly string[],
  servers: number,
  former: Placement = {},
  away: readonly string[] = [],
  taken: readonly number[] = [],
): Placement {
  const keys = hosts.toSorted();
  const open = keys.filter((key) => !away.includes(key));
  const placed = new Map(keys.map((key) => [key, [...(former[key] ?? [])]]));
  const used = new Set([...taken, ...Object.values(former).flat()]);
  const count = () => [...placed.values()].flat().length;
  const by = (some: readonly string[], better: (a: number, b: number) => boolean) =>
    some.reduce((best, key) => (better(sizeOf(key), sizeOf(best)) ? key : best), some[0] ?? "");
  const sizeOf = (key: string) => placed.get(key)?.length ?? 0;
  while (open.length > 0 && count() < servers) {
    const number = lowestFree(used);
    used.add(number);
    placed.get(by(open, (a, b) => a < b))?.push(number);
  }
  while (count() > servers) {
    const fullest = placed.get(by(keys, (a, b) => a > b));
    fullest?.sort((a, b) => a - b).pop();
  }
  return Object.fromEntries([...placed].map(([key, numbers]) => [key, numbers.sort((a, b) => a - b)]));
}

/** The same where hosts are in several data centres, each of which has so many servers. */
export function placeServersInEach(
  hosts: readonly Pick<HostSettings, "key" | "datacenter">[],
  servers: number,
  former: Placement = {},
  away: readonly string[] = [],
): Placement {
  const placed: Record<string, readonly number[]> = {};
  for (const centre of dataCentresOf(hosts)) {
    const keys = centre.hosts.map(({ key }) => key);
    const taken = Object.values(placed).flat();
    Object.assign(placed, placeServers(keys, servers, former, away, taken));
  }
  return placed;
}

/** Whether some of all Consul servers can decide without the others. */
export const isMajority = (some: number, all: number) => 2 * some > all;

/** Hosts whose loss would leave the others without a majority. */
export function hostsThatCarry(placement: Placement): string[] {
  const all = Object.values(placement).flat().length;
  return Object.entries(placement)
    .filter(([, numbers]) => !isMajority(all - numbers.length, all))
    .map(([key]) => key);
}

function lowestFree(used: ReadonlySet<number>): number {
  for (let number = 1; number < maxServerNumber; number++) if (!used.has(number)) return number;
  return maxServerNumber;
}
