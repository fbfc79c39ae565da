import { createHash } from "node:crypto";
import type { HostSettings, ServiceSettings } from "../config/settings.ts";
import { inDataCentre } from "./data-centres.ts";
import { isMoving } from "./rollout.ts";

/** How the copies of a service that move between hosts are spread over them. */
export interface Spread {
  readonly service: string;
  /** Copies that there are to be in the data centre. */
  readonly replicas: number;
  /** Copies that a host has at most, however few hosts are left; where they don't weigh the same, see `sizes`. */
  readonly most: number;
  /** Keys of the hosts that may have copies. */
  readonly hosts: readonly string[];
  /** By key of the host, where not all weigh the same. */
  readonly sizes?: Readonly<Record<string, HostSize>>;
}

/** What a host takes of a service beside others. */
export interface HostSize {
  readonly weight: number;
  /** Copies that it has at most. */
  readonly most: number;
}

/**
 * How many copies a host is to have while those named are there. They are dealt out one by one, each to the host that has
 * fewest for its weight (by Sainte-Laguë's divisors, which give the lighter ones their first copy early: copies on several
 * hosts are what survives). So where all weigh the same, nobody has two more than another, and a host that is lost takes
 * nothing from the others. Everybody who knows which hosts are there comes to the same, so that nobody has to be asked. Which
 * of equals come first is the service's own: single copies of several services come to lie on several hosts.
 */
export function shareOf(spread: Spread, host: string, there: readonly string[]): number {
  const places = spread.hosts.filter((key) => there.includes(key)).map((key) => placeOf(spread, key));
  places.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  for (let left = spread.replicas; left > 0; left--) {
    const next = places.filter(({ copies, most }) => copies < most).reduce(hungrier, undefined);
    if (next === undefined) break;
    next.copies++;
  }
  return places.find(({ key }) => key === host)?.copies ?? 0;
}

/** A host while copies are dealt out. */
interface Place extends HostSize {
  readonly key: string;
  readonly rank: string;
  copies: number;
}

function placeOf({ service, most, sizes }: Spread, key: string): Place {
  const rank = createHash("sha256").update(`${service} ${key}`).digest("hex");
  return { key, rank, copies: 0, ...(sizes?.[key] ?? { weight: 1, most }) };
}

/** Of two hosts the one to which the next copy goes; of equals the first. */
function hungrier(best: Place | undefined, place: Place): Place {
  const divisor = ({ copies, weight }: Place) => (2 * copies + 1) / weight;
  return best !== undefined && divisor(best) <= divisor(place) ? best : place;
}

/** A host as far as it counts for what is dealt out. */
type Member = Pick<HostSettings, "key" | "datacenter" | "weight">;

/** A service as far as it is dealt out. */
type Dealt = Pick<ServiceSettings, "replicas" | "replicasPer" | "maxPerHost" | "hosts">;
type Named = Dealt & Pick<ServiceSettings, "name">;

/** Containers that a host gets for a service, given all hosts: all that may ever run there. */
export function mostOn(service: Dealt, host: Member, all: readonly Member[]): number {
  const { replicas, maxPerHost } = service;
  if (!isMoving(service)) return replicas;
  const others = hostsOf(service, host.datacenter, all).filter(({ key }) => key !== host.key);
  const weights = others.map(({ weight }) => weight);
  // Whichever host goes, the others can take over all it had.
  const left = host.weight + sum(weights) - Math.max(0, ...weights);
  return Math.min(replicas, maxPerHost ?? Math.ceil((replicas * host.weight) / left));
}

/** How the copies of a service that moves are spread over those hosts of a data centre that are reached. */
export function spreadOf(
  service: Named,
  host: Member,
  all: readonly Member[],
  reached: readonly string[],
): Spread {
  const members = hostsOf(service, host.datacenter, all);
  const isUneven = members.some(({ weight }) => weight !== host.weight);
  const sizeOf = (member: Member) => ({ weight: member.weight, most: mostOn(service, member, all) });
  const keys = members.map(({ key }) => key);
  return {
    service: service.name,
    replicas: service.replicas,
    most: mostOn(service, host, all),
    hosts: keys.filter((key) => reached.includes(key)),
    ...(isUneven && { sizes: Object.fromEntries(members.map((member) => [member.key, sizeOf(member)])) }),
  };
}

/** Copies that are planned to run on a host while all are there. */
export function plannedOn(service: Named, host: Member, all: readonly Member[]): number {
  if (!isMoving(service)) return service.replicas;
  const keys = all.map(({ key }) => key);
  return shareOf(spreadOf(service, host, all, keys), host.key, keys);
}

/** The hosts of a data centre that a service is on. */
const hostsOf = (service: Dealt, datacenter: string, all: readonly Member[]) =>
  inDataCentre(all, datacenter).filter(({ key }) => service.hosts.includes(key));

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
