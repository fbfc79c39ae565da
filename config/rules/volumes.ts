import { isDeepStrictEqual } from "node:util";
import { given, type Path, type Problem } from "../faults.ts";
import type { Draft, ServiceDraft, VolumeDraft } from "../shapes.ts";

/** Who owns a volume writes to it; others read it unless they say that they write. */
export const isReadOnly = ({ readOnly, owner }: VolumeDraft) => readOnly ?? owner !== undefined;

/** A service's volume of a name, if it is its own. */
export function ownVolume(service: ServiceDraft | undefined, name: string): VolumeDraft | undefined {
  return service?.volumes.find((volume) => volume.name === name && volume.owner === undefined);
}

/** What is said of a volume by some kinds of them alone. */
const ofKinds = {
  source: { kinds: ["bind", "nfs"], what: "a path" },
  server: { kinds: ["nfs"], what: "an NFS server" },
  driver: { kinds: ["driver"], what: "a volume driver" },
} as const;

/** A volume, where it stands, and who has it. */
interface Place {
  readonly service: string;
  readonly volume: VolumeDraft;
  readonly at: (...steps: Path) => Path;
}

/** Rules on the volumes of services: what they are, and whose. */
export function volumeRules({ services, hosts }: Pick<Draft, "services" | "hosts">): Problem[] {
  const places = Object.entries(services).flatMap(([service, { volumes }]) =>
    volumes.map(
      (volume, index): Place => ({
        service,
        volume,
        at: (...steps) => ["services", service, "volumes", index, ...steps],
      }),
    ),
  );
  const hostsOf = (service: string) => services[service]?.hosts ?? Object.keys(hosts);
  const problems = places.flatMap((place, index) => {
    const before = places.slice(0, index);
    if (place.volume.owner !== undefined) return borrowed(place, place.volume.owner, services, hostsOf);
    return [
      ...kind(place),
      ...alike(place, before),
      ...perReplica(place, services),
      ...unshared(place, services, hostsOf),
      ...writers(place, before, hostsOf),
    ];
  });
  return [...problems, ...formerNames(services)];
}

/** Names that services had before: what bore them has to be one of them alone, and none that is still there. */
function formerNames(services: Draft["services"]): Problem[] {
  const seen = new Map<string, string>();
  return Object.entries(services).flatMap(([service, { movedFrom = [] }]) =>
    movedFrom.flatMap((former, index): Problem[] => {
      const path: Path = ["services", service, "movedFrom", index];
      const other = seen.get(former);
      seen.set(former, service);
      if (former in services) {
        const message = `must be a name that no service has any more, got ${given(former)}`;
        return [{ path, message, about: [path, ["services", former]] }];
      }
      if (other === undefined) return [];
      const message = `must not be a former name of service ${other} as well, got ${given(former)}`;
      return [{ path, message, about: [path, ["services", other, "movedFrom"]] }];
    }),
  );
}

function kind({ volume, at }: Place): Problem[] {
  const { kind } = volume;
  const problems = Object.entries(ofKinds).flatMap(([name, { kinds, what }]): Problem[] => {
    const key = name as keyof typeof ofKinds;
    const [path, value] = [at(key), volume[key]];
    const about = [path, at("kind")];
    const fits = kinds.some((one) => one === kind);
    if (fits && value === undefined)
      return [{ path, message: `must be ${what} beside kind "${kind}", got nothing`, about }];
    if (fits || value === undefined) return [];
    const message = `must stand beside kind ${kinds.map((one) => `"${one}"`).join(" or ")}, got ${given(value)}`;
    return [{ path, message, about, fix: "rm" }];
  });
  if (kind === "nfs" || kind === "driver" || Object.keys(volume.options).length === 0) return problems;
  const path = at("options");
  const message = 'must stand beside kind "nfs" or "driver", got a map';
  return [...problems, { path, message, about: [path, at("kind")], fix: "rm" }];
}

/** One volume at two paths is said in the same way at both. */
function alike({ service, volume, at }: Place, before: readonly Place[]): Problem[] {
  const first = before.find((one) => one.service === service && one.volume.name === volume.name);
  const said = ({ path: _, readOnly: __, ...rest }: VolumeDraft) => rest;
  if (!first || isDeepStrictEqual(said(volume), said(first.volume))) return [];
  const message = `must be that of another volume, since volumes[${first.at()[3]}] says something else of it, got ${given(volume.name)}`;
  return [{ path: at("name"), message, about: [at(), first.at()] }];
}

function perReplica({ service, volume, at }: Place, services: Draft["services"]): Problem[] {
  if (!volume.perReplica) return [];
  const path = at("perReplica");
  if (volume.kind === "bind" || volume.kind === "nfs") {
    const message = `must be false beside kind "${volume.kind}", which is one folder for all copies, got true`;
    return [{ path, message, about: [path, at("kind")] }];
  }
  const order = ["services", service, "rollout", "order"];
  if (isReadOnly(volume) || services[service]?.rollout.order !== "start-first") return [];
  const message = `must stand beside rollout.order "stop-first", since a copy's successor gets its volume, and both would write to it at once, got true`;
  return [{ path, message, about: [path, at("readOnly"), order] }];
}

/** A volume that only one copy may have at a time. */
function unshared(
  { service, volume, at }: Place,
  services: Draft["services"],
  hostsOf: (service: string) => string[],
): Problem[] {
  const { kind, perReplica, shared } = volume;
  const draft = services[service];
  if (shared || perReplica || draft === undefined) return [];
  const { replicas, replicasPer, rollout } = draft;
  const of = (...steps: Path): Path => ["services", service, ...steps];
  if (replicasPer === "datacenter") {
    const path = at("shared");
    const message = `must be true beside replicasPer "datacenter", since a copy that moves is started before it is stopped elsewhere, got false`;
    return [{ path, message, about: [path, of("replicasPer")] }];
  }
  const problems: Problem[] = [];
  const hosts = hostsOf(service).length;
  // What is elsewhere is one for all hosts.
  const isOne = kind === "nfs" || kind === "driver";
  if (replicas > 1 || (replicas === 1 && hosts > 1 && isOne)) {
    const got = replicas > 1 ? replicas : `1 on each of ${hosts} hosts`;
    const message = `must leave one copy at most, since volume ${volume.name} is not shared, got ${got}`;
    const about = [of("replicas"), at("shared"), of("hosts"), ["hosts"]];
    problems.push({ path: of("replicas"), message, about });
  }
  if (rollout.order === "start-first") {
    const path = of("rollout", "order");
    const message = `must be "stop-first", since volume ${volume.name} is not shared, and an old copy and a new one would have it at once, got "start-first"`;
    problems.push({ path, message, about: [path, at("shared")] });
  }
  return problems;
}

/** What two services know by names of their own is one folder all the same. */
function writers(
  { service, volume, at }: Place,
  before: readonly Place[],
  hostsOf: (service: string) => string[],
): Problem[] {
  const { kind, source, server } = volume;
  if ((kind !== "bind" && kind !== "nfs") || source === undefined || isReadOnly(volume)) return [];
  const first = before.find(
    (one) =>
      one.service !== service &&
      one.volume.owner === undefined &&
      !isReadOnly(one.volume) &&
      one.volume.source === source &&
      one.volume.kind === kind &&
      one.volume.server === server &&
      (kind === "nfs" || hostsOf(one.service).some((host) => hostsOf(service).includes(host))),
  );
  if (!first) return [];
  const message = `must not be what service ${first.service} writes to as well (its volume ${first.volume.name}): say owner: ${first.service} with that name, or readOnly: true, got ${given(source)}`;
  return [{ path: at("source"), message, about: [at(), first.at()] }];
}

/** A volume that another service owns. */
function borrowed(
  { service, volume, at }: Place,
  owner: string,
  services: Draft["services"],
  hostsOf: (service: string) => string[],
): Problem[] {
  const path = at("owner");
  const problem = (message: string, ...about: Path[]): Problem[] => [
    { path, message: `${message}, got ${given(owner)}`, about: [path, ...about] },
  ];
  const provider = services[owner];
  if (provider === undefined || owner === service) {
    const known = Object.keys(services).filter((other) => other !== service);
    return problem(`must be another service (${known.join(", ") || "there is none"})`, ["services", owner]);
  }
  const theirs: Path = ["services", owner, "volumes"];
  const own = ownVolume(provider, volume.name);
  if (own === undefined) {
    const known = provider.volumes.filter((one) => one.owner === undefined).map(({ name }) => name);
    const has = known.length > 0 ? known.join(", ") : "none";
    return problem(
      `must be a service that has a volume ${volume.name} of its own (${owner} has ${has})`,
      theirs,
    );
  }
  if (own.perReplica)
    return problem(`must be a service whose volume ${volume.name} is one for all its copies`, theirs);
  if (!own.shared) return problem(`must be a service that shares its volume ${volume.name}`, theirs);
  const missing = hostsOf(service).filter((host) => !hostsOf(owner).includes(host));
  // A folder of the host's is there without its owner.
  if (own.kind !== "bind" && missing.length > 0) {
    const about: Path[] = [["services", service, "hosts"], ["services", owner, "hosts"], ["hosts"]];
    const message = `must be a service that runs wherever this one does, which is not so on ${missing.join(", ")}`;
    return problem(message, ...about);
  }
  const { kind, source, server, driver, options, perReplica } = volume;
  const said = { kind: kind === "volume" ? undefined : kind, source, server, driver };
  const extra = [
    ...Object.entries(said).flatMap(([key, value]) => (value === undefined ? [] : [key])),
    ...(Object.keys(options).length > 0 ? ["options"] : []),
    ...(perReplica ? ["perReplica"] : []),
  ];
  return extra.map((key) => {
    const message = `must be left out beside owner, since ${owner} says it`;
    return { path: at(key), message, about: [at(key), path], fix: "rm" };
  });
}
