import { createHash } from "node:crypto";
import type { HostSettings, ServiceSettings } from "../config/settings.ts";
import { inDataCentre } from "./data-centres.ts";
import { isMoving } from "./rollout.ts";

/** How the copies of a service that move between hosts are spread over them. */
export interface Spread {
  readonly service: string;
  /** Copies that there are to be in the data centre. */
  readonly replicas: number;
  /** Copies that a host has at most, however few hosts are left. */
  readonly most: number;
  /** Keys of the hosts that may have copies. */
  readonly hosts: readonly string[];
}

/**
 * How many copies a host is to have while those named are there: as many as each of the others, or one more. Everybody who
 * knows which hosts are there comes to the same, so that nobody has to be asked. Which hosts have one more is the service's
 * own: single copies of several services come to lie on several hosts, and a host that goes moves only what it had.
 */
export function shareOf(
  { service, replicas, most, hosts }: Spread,
  host: string,
  there: readonly string[],
): number {
  const place = (key: string) => createHash("sha256").update(`${service} ${key}`).digest("hex");
  const places = hosts
    .filter((key) => there.includes(key))
    .map(place)
    .sort();
  const rank = places.indexOf(place(host));
  if (rank === -1) return 0;
  return Math.min(most, Math.max(0, Math.ceil((replicas - rank) / places.length)));
}

/** Containers that a host of some gets for a service: all that may ever run there. */
export function mostOf(
  { replicas, replicasPer, maxPerHost }: Pick<ServiceSettings, "replicas" | "replicasPer" | "maxPerHost">,
  hosts: number,
): number {
  if (!isMoving({ replicasPer })) return replicas;
  // Whichever host goes, the others can take over all it had.
  return Math.min(replicas, maxPerHost ?? Math.ceil(replicas / Math.max(1, hosts - 1)));
}

/** Containers that a host gets for a service, given all hosts. */
export function mostOn(
  service: Pick<ServiceSettings, "replicas" | "replicasPer" | "maxPerHost" | "hosts">,
  { datacenter }: Pick<HostSettings, "datacenter">,
  all: readonly Pick<HostSettings, "key" | "datacenter">[],
): number {
  return mostOf(service, hostsOf(service, datacenter, all).length);
}

/** Copies that are planned to run on a host while all are there. */
export function plannedOn(
  service: ServiceSettings,
  host: Pick<HostSettings, "key" | "datacenter">,
  all: readonly Pick<HostSettings, "key" | "datacenter">[],
): number {
  if (!isMoving(service)) return service.replicas;
  const hosts = hostsOf(service, host.datacenter, all);
  const most = mostOf(service, hosts.length);
  return shareOf({ service: service.name, replicas: service.replicas, most, hosts }, host.key, hosts);
}

/** Keys of the hosts of a data centre that a service is on. */
const hostsOf = (
  service: Pick<ServiceSettings, "hosts">,
  datacenter: string,
  all: readonly Pick<HostSettings, "key" | "datacenter">[],
) => inDataCentre(all, datacenter).flatMap(({ key }) => (service.hosts.includes(key) ? key : []));
