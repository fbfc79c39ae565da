import { listed } from "../../config/faults.ts";
import { cycleOf } from "../requirements.ts";
import { spokenBy } from "./images.ts";
import { isMap } from "./merge.ts";
import type { Service } from "./project.ts";
import { portNames, type Reference, referencesIn, withPlaceholders } from "./references.ts";
import { hasSecretOf, isSecret } from "./secrecy.ts";
import { type Passage, Secret } from "./service.ts";

/** A variable that names another service. */
export interface Mention {
  readonly from: Passage;
  readonly to: Passage;
  readonly variable: string;
  readonly references: readonly Reference[];
}

/** Every variable that names other services as hosts; those that name several are told of once for each. */
export function mentionsIn(passages: readonly Passage[]): Mention[] {
  return passages.flatMap((from) => {
    // A database has variables of others only where all share one file.
    if (from.known?.check !== undefined) return [];
    const hosts = new Map(passages.flatMap((to) => hostsOf(from, to).map((host) => [host, to] as const)));
    return [...from.env].flatMap(([variable, value]) => {
      const references = referencesIn(variable, value, [...hosts.keys()]);
      const by = Map.groupBy(references, ({ host }) => hosts.get(host));
      return [...by].flatMap(([to, references]) =>
        to === undefined ? [] : [{ from, to, variable, references }],
      );
    });
  });
}

/** Names by which one service knows another: its own, and those that links give. */
function hostsOf(from: Passage, to: Passage): string[] {
  const links = [from.service.links ?? []].flat().map((link) => String(link).split(":"));
  const aliases = links.flatMap(([name, alias]) => (name === to.name && alias !== undefined ? [alias] : []));
  return [...new Set([...to.hosts, ...aliases])];
}

/** What is spoken to a service and where, as far as others tell who name it. */
export function learnFrom(mentions: readonly Mention[]): void {
  for (const { to, references } of mentions)
    for (const { port, scheme } of references) {
      const spoken = scheme === undefined ? undefined : spokenBy(scheme);
      if (to.port === undefined && to.service.ports === undefined && port !== undefined) {
        to.port = port;
        to.notes.changed("port", `${port}, at which others reach it`);
      }
      if (spoken !== undefined && to.port !== undefined && !to.known && (port ?? to.port) === to.port) {
        to.protocol = "tcp";
        if (spoken !== "tcp") to.check ??= spoken;
      }
    }
}

/** Names of the services that others depend on. */
export function dependedOn(passages: readonly Passage[]): Set<string> {
  return new Set(passages.flatMap((passage) => [...dependencies(passage).keys()]));
}

/** Services that one names in `depends_on` and `links`, with what it waits for. */
function dependencies({ service }: Pick<Passage, "service">): Map<string, string | undefined> {
  const { depends_on, links } = service;
  const named = isMap(depends_on)
    ? Object.entries(depends_on).map(
        ([name, said]) => [name, isMap(said) ? String(said.condition) : undefined] as const,
      )
    : [depends_on ?? []].flat().map((name) => [String(name), undefined] as const);
  const linked = [links ?? []].flat().map((link) => [String(link).split(":")[0] ?? "", undefined] as const);
  return new Map([...linked, ...named]);
}

/** Names of the services that others wait for until they have ended. */
export function awaited(passages: readonly Pick<Passage, "service">[]): Set<string> {
  const all = passages.flatMap((passage) => [...dependencies(passage)]);
  return new Set(
    all.flatMap(([name, condition]) => (condition === "service_completed_successfully" ? [name] : [])),
  );
}

/** What services require of each other: those that they depend on, and those that their variables name. */
export function requirementKeys(
  passages: readonly Passage[],
  mentions: readonly Mention[],
  gone: ReadonlyMap<string, string>,
): void {
  const byName = new Map(passages.map((passage) => [passage.name, passage]));
  const edges = new Map<Passage, Set<Passage>>(passages.map((passage) => [passage, new Set()]));
  const closes = (from: Passage, to: Passage) => {
    if (edges.get(from)?.has(to)) return false;
    const all = passages.map((one) => ({
      name: one.key,
      requires: [...(edges.get(one) ?? []), ...(one === from ? [to] : [])].map(({ key }) => key),
    }));
    return cycleOf(all) !== undefined;
  };
  for (const from of passages) {
    const { notes } = from;
    const waits = from.service.depends_on === undefined ? "links" : "depends_on";
    for (const [name, condition] of dependencies(from)) {
      const to = byName.get(name);
      const said = isMap(from.service.depends_on) ? from.service.depends_on[name] : undefined;
      if (isMap(said) && String(said.restart) === "true")
        notes.left(
          `${waits}.${name}.restart`,
          "where it is stays what it is, so that nobody need be started again",
        );
      const isNamed = mentions.some((mention) => mention.from === from && mention.to === to);
      const at = `${waits}.${name}`;
      if (to === undefined) notes.left(at, gone.get(name) ?? "there is no such service");
      else if (to.port === undefined)
        notes.left(at, `${to.key} has no port at which it could be reached, so that nothing waits for it`);
      else if (closes(from, to)) notes.left(at, `${to.key} requires ${from.key} in its turn`);
      else {
        edges.get(from)?.add(to);
        if (condition === "service_completed_successfully")
          notes.changed(at, `waits until ${to.key} answers, not until it ends`);
        else notes.taken(at, `requires ${to.key}, which is up first`);
        if (!isNamed)
          notes.changed(
            at,
            `no variable names ${name} as a host: where the application has that name from elsewhere, tell it by requires.${to.key}.env`,
          );
      }
    }
  }
  for (const mention of mentions) told(mention, mentions, closes, edges);
  for (const [from, to] of edges) {
    if (to.size === 0) continue;
    const all = (from.written.requires as Record<string, unknown> | undefined) ?? {};
    for (const { key } of to) all[key] ??= { service: key };
    from.written.requires = all;
  }
}

/** Moves a variable to the requirement that it tells of. */
function told(
  mention: Mention,
  all: readonly Mention[],
  closes: (from: Passage, to: Passage) => boolean,
  edges: ReadonlyMap<Passage, Set<Passage>>,
): void {
  const { from, to, variable, references } = mention;
  const { notes, env } = from;
  const value = env.get(variable);
  if (value === undefined) return;
  const at = `environment.${variable}`;
  if (to === from) {
    notes.changed(at, "names the service itself, by a name that others don't know");
    return;
  }
  const reason = whyItStays(mention, all, closes);
  if (reason !== undefined) {
    notes.left(at, `stays as it is, with a host that is not there: ${reason}`);
    return;
  }
  edges.get(from)?.add(to);
  const requires = (from.written.requires as Record<string, Record<string, unknown>> | undefined) ?? {};
  from.written.requires = requires;
  const requirement = requires[to.key] ?? { service: to.key };
  requires[to.key] = requirement;
  const put = (name: string, text: string, isHidden: boolean) => {
    const map = isHidden ? "secrets" : "env";
    requirement[map] = { ...(requirement[map] as object), [name]: isHidden ? new Secret(text) : text };
    env.delete(name);
  };
  const text = withPlaceholders(value, references);
  const isHidden = from.hidden.has(variable) || isSecret(variable, value) || hasSecretOf(from.secrets, text);
  put(variable, text, isHidden);
  const knowsPort = text.includes("{{port}}");
  const sibling = knowsPort
    ? undefined
    : portNames(variable).find((name) => env.get(name) === String(to.port));
  if (sibling !== undefined) put(sibling, "{{port}}", false);
  const beside = sibling === undefined ? "" : `and ${sibling}: `;
  notes.changed(
    at,
    `${beside}where ${to.key} is, at the balancers (requires.${to.key}.${isHidden ? "secrets" : "env"})`,
  );
  if (!knowsPort && sibling === undefined) to.reliedOn = true;
}

/** Why a variable can't tell where a service is; undefined where it can. */
function whyItStays(
  { from, to, variable, references }: Mention,
  all: readonly Mention[],
  closes: (from: Passage, to: Passage) => boolean,
): string | undefined {
  const elsewhere = references.find(({ port }) => port !== undefined && port !== to.port);
  const others = all.filter(
    (mention) => mention.from === from && mention.variable === variable && mention.to !== to,
  );
  if (to.port === undefined) return `${to.key} has no port`;
  if (elsewhere) return `it names port ${elsewhere.port} of ${to.key}, which is reached at ${to.port} alone`;
  if (others.length > 0) {
    const names = listed([to.key, ...others.map(({ to }) => to.key)]);
    return `it names several services, ${names}, and a requirement tells of one`;
  }
  return closes(from, to) ? `${to.key} requires ${from.key} in its turn` : undefined;
}

/** Services that one depends on and that are nowhere in the file, but for those that need not be. */
export function missingDependencies(service: Service, known: ReadonlySet<string>): string[] {
  const said = isMap(service.depends_on) ? service.depends_on : {};
  return [...dependencies({ service }).keys()].filter((name) => {
    const one = said[name];
    return !known.has(name) && !(isMap(one) && one.required === false);
  });
}
