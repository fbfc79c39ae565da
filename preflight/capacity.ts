import type { HostSettings, Limits, Settings } from "../config/settings.ts";

/** What a host has for all of its containers together. */
export interface Capacity {
  readonly cpus: number;
  /** In MiB, rounded down. */
  readonly memory: number;
}

/** Limits that a host can't give to a single container: the engine takes no more CPUs than there are. */
export function capacityFaults(settings: Settings, { key }: HostSettings, has: Capacity): string[] {
  return limitsOn(key, settings).flatMap(([path, { cpus = "0", memory = 0 }]) => [
    ...(Number(cpus) > has.cpus
      ? [fault(key, `flotilla:${path}.cpus`, cpus, `${has.cpus} CPUs`, String(has.cpus))]
      : []),
    ...(memory > has.memory
      ? [fault(key, `flotilla:${path}.memory`, `${memory}m`, `${has.memory} MiB of memory`, `${has.memory}m`)]
      : []),
  ]);
}

/** Limits of containers that may run on a host, each with the section in which it is set. */
function limitsOn(host: string, { consul, loadBalancers, services }: Settings): [string, Limits][] {
  return [
    ["consul", consul],
    ["loadBalancers", loadBalancers],
    ...services
      .filter(({ hosts }) => hosts.includes(host))
      .map((service): [string, Limits] => [`services.${service.name}`, service]),
  ];
}

function fault(host: string, key: string, wanted: string, has: string, most: string): string {
  return `host ${host}: ${key} is ${wanted}, and the host has ${has}. Set ${key} to ${most} or less.`;
}
