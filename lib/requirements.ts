import type { ServiceSettings } from "../config/settings.ts";

/** What is done in a copy when what it requires has changed: one of the two. */
export interface Reaction {
  /** Is run in it, with the endpoints as JSON on standard input. */
  readonly command?: readonly string[];
  /** Is sent to its first process. */
  readonly signal?: string;
}

/** Whether a service's copies want to be told when what they require changes. */
export const isListening = ({ requires }: Pick<ServiceSettings, "requires">) =>
  requires.some(({ onChange }) => onChange !== undefined);

/** A service, as far as it needs others. */
export interface Requiring {
  readonly name: string;
  /** Names of the services that it requires. */
  readonly requires: readonly string[];
}

/** Services in an order in which each comes after all that it requires; otherwise as they were. Throws where there is none. */
export function inOrder<T extends Requiring>(services: readonly T[]): T[] {
  const cycle = cycleOf(services);
  if (cycle !== undefined) throw new Error(`services require each other: ${cycle.join(", ")}`);
  const byName = new Map(services.map((service) => [service.name, service]));
  const done = new Set<T>();
  const visit = (service: T): void => {
    if (done.has(service)) return;
    for (const name of service.requires) {
      const provider = byName.get(name);
      if (provider) visit(provider);
    }
    done.add(service);
  };
  services.forEach(visit);
  return [...done];
}

/** A chain of services that require each other, from one of them back to it; undefined where there is none. */
export function cycleOf(services: readonly Requiring[]): string[] | undefined {
  const byName = new Map(services.map((service) => [service.name, service]));
  const cleared = new Set<string>();
  const walk = (name: string, chain: readonly string[]): string[] | undefined => {
    const start = chain.indexOf(name);
    if (start !== -1) return [...chain.slice(start), name];
    if (cleared.has(name)) return undefined;
    for (const next of byName.get(name)?.requires ?? []) {
      const cycle = walk(next, [...chain, name]);
      if (cycle) return cycle;
    }
    cleared.add(name);
    return undefined;
  };
  for (const { name } of services) {
    const cycle = walk(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** The variables by which a service is told where another one is. */
export function toldOf(
  env: Readonly<Record<string, string>>,
  { host, port }: { readonly host: string; readonly port: number },
): Record<string, string> {
  const told = (text: string) => text.replaceAll("{{host}}", host).replaceAll("{{port}}", String(port));
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, told(text)]));
}
