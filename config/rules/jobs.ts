import type { SettingsContext } from "../context.ts";
import { locate } from "../draft.ts";
import { given, listed, type Path, type Problem } from "../faults.ts";
import type { Secrecy } from "../secrecy.ts";
import type { Draft, JobDraft } from "../shapes.ts";
import { tmpfs } from "./confinement.ts";
import { toldVariables } from "./requirements.ts";
import { type At, buildFolder, mounts, named, secrets } from "./services.ts";
import { ownVolume } from "./volumes.ts";

type Surroundings = Pick<Draft, "services" | "hosts">;

/** What is said of times, and so of jobs with a schedule alone. */
const ofSchedules = ["timeZone", "overlap", "catchUp"] as const;

/** Rules on jobs: what they run, when, where and with what. */
export function jobRules(
  draft: Pick<Draft, "services" | "hosts" | "jobs">,
  raw: unknown,
  context: Pick<SettingsContext, "lookUp">,
  secrecy: Pick<Secrecy, "isEncrypted">,
): Problem[] {
  return Object.entries(draft.jobs).flatMap(([name, job]) => {
    const at = (...steps: Path): Path => ["jobs", name, ...steps];
    return [
      ...names(name, at, draft),
      ...source(job, at, draft, raw, context),
      ...trigger(job, at, draft, raw),
      ...secrets({ ...job, port: undefined }, at, secrecy),
      ...volumes(job, at, draft),
      ...requirements(job, at, draft, secrecy),
      ...place(job, at, draft),
    ];
  });
}

/**
 * Keys of the hosts on which a job may run, the first choice first: the one that is named, or those that are in use, sorted.
 * Where it has to do with a service, as by its image or a volume, that runs there, too.
 */
export function placesOf(job: JobDraft, { services, hosts }: Surroundings): string[] {
  const isUsed = (key: string) => hosts[key]?.state !== "drained" && hosts[key] !== undefined;
  const all = Object.keys(hosts).filter(isUsed).toSorted();
  if (job.host !== undefined) return all.filter((key) => key === job.host);
  return all.filter((key) => partners(job, services).every(({ hosts }) => hosts?.includes(key) ?? true));
}

/** Services without which a host is none for a job. */
function partners({ service, before, volumes = [] }: JobDraft, services: Draft["services"]) {
  // A folder of the host's is there without its owner.
  const owners = volumes.flatMap(({ name, owner }) =>
    ownVolume(services[owner], name)?.kind === "bind" ? [] : owner,
  );
  const all = [service, before, ...owners].flatMap((name) => name ?? []);
  return [...new Set(all)].flatMap((name) => {
    const draft = services[name];
    return draft ? [{ name, hosts: draft.hosts }] : [];
  });
}

function names(name: string, at: At, { services }: Surroundings): Problem[] {
  if (!(name in services)) return named(name, at);
  const message = "must not have the name of a service, by which images are named";
  return [{ path: at(), message, about: [at(), ["services", name]], fix: "rm" }];
}

function source(
  { service, build, image, command, entrypoint }: JobDraft,
  at: At,
  { services }: Surroundings,
  raw: unknown,
  context: Pick<SettingsContext, "lookUp">,
): Problem[] {
  const about = [at("service"), at("build"), at("image")];
  const all = { service, build, image };
  const said = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  const problems: Problem[] = [];
  if (said.length !== 1) {
    const got = said.length === 0 ? "none of them" : listed(said);
    const message = `must have exactly one of service (whose image it runs), build (a folder with a Dockerfile) and image, got ${got}`;
    problems.push({ path: at(), message, about });
  } else if (build) problems.push(...buildFolder(build, at, context));
  const { value: pin } = locate(raw, at("pin"));
  if (pin !== undefined && image === undefined) {
    const message = `must stand beside image, since only that has a tag to look up, got ${given(pin)}`;
    problems.push({ path: at("pin"), message, about: [at("pin"), ...about], fix: "rm" });
  }
  if (service === undefined) return problems;
  problems.push(...known(at("service"), service, services));
  if (command === undefined && entrypoint === undefined) {
    const message = `must say what is to run beside service, which would run as a copy of it does, got nothing`;
    problems.push({ path: at("command"), message, about: [at("command"), at("entrypoint"), at("service")] });
  }
  return problems;
}

/** What is wrong with the name of a service where one is wanted. */
function known(path: Path, service: string, services: Draft["services"]): Problem[] {
  if (service in services) return [];
  const all = Object.keys(services).join(", ") || "there is none";
  const message = `must be one of the services (${all}), got ${given(service)}`;
  return [{ path, message, about: [path, ["services", service]] }];
}

function trigger(
  { schedule, once, before }: JobDraft,
  at: At,
  { services }: Surroundings,
  raw: unknown,
): Problem[] {
  const about = [at("schedule"), at("once"), at("before")];
  const said = [schedule && "schedule", once && "once", before && "before"].filter((key) => key) as string[];
  const problems: Problem[] = [];
  if (said.length !== 1) {
    const got = said.length === 0 ? "none of them" : listed(said);
    const message = `must have exactly one of schedule (times as cron has them), once (true) and before (a service), got ${got}`;
    problems.push({ path: at(), message, about });
  }
  if (before !== undefined) problems.push(...known(at("before"), before, services));
  if (schedule !== undefined || said.length !== 1) return problems;
  for (const key of ofSchedules) {
    const path = at(key);
    const { value } = locate(raw, path);
    if (value === undefined) continue;
    const message = `must stand beside schedule, since nothing else has times, got ${given(value)}`;
    problems.push({ path, message, about: [path, ...about], fix: "rm" });
  }
  return problems;
}

function volumes(job: JobDraft, at: At, { services }: Surroundings): Problem[] {
  const { service, volumes } = job;
  const of = service === undefined ? undefined : services[service];
  const mounted = volumes ?? of?.volumes ?? [];
  const problems = [
    ...(volumes ? mounts(volumes, at) : []),
    ...(job.tmpfs ? tmpfs({ tmpfs: job.tmpfs, volumes: mounted }, at) : []),
  ];
  const alone = of?.volumes.find(({ perReplica, shared }) => perReplica || !shared);
  if (volumes === undefined && alone) {
    const path = at("volumes");
    const message = `must be said ([] for none), since of ${service}'s volumes ${alone.name} is one copy's alone, got nothing`;
    problems.push({ path, message, about: [path, ["services", service ?? "", "volumes"]] });
  }
  for (const [index, { name, owner }] of (volumes ?? []).entries()) {
    const path = at("volumes", index, "owner");
    const provider = services[owner];
    problems.push(...known(path, owner, services));
    if (provider === undefined) continue;
    const own = ownVolume(provider, name);
    const message =
      own === undefined
        ? `must be a service that has a volume ${name} of its own (${owner} has ${
            provider.volumes.flatMap((one) => (one.owner === undefined ? one.name : [])).join(", ") || "none"
          })`
        : own.perReplica
          ? `must be a service whose volume ${name} is one for all its copies`
          : own.shared
            ? undefined
            : `must be a service that shares its volume ${name}`;
    if (message === undefined) continue;
    const about = [at("volumes", index), ["services", owner, "volumes"]];
    problems.push({ path, message: `${message}, got ${given(owner)}`, about });
  }
  return problems;
}

function requirements(
  { requires, env, secrets, service, before }: JobDraft,
  at: At,
  { services }: Surroundings,
  { isEncrypted }: Pick<Secrecy, "isEncrypted">,
): Problem[] {
  const seen = new Map<string, string>();
  const problems = Object.entries(requires).flatMap(([key, { service, ...told }]): Problem[] => {
    const path = at("requires", key, "service");
    const problems = known(path, service, services);
    const provider = services[service];
    if (provider !== undefined && provider.port === undefined) {
      const message = `must be a service with a port, which ${service} has not, got ${given(service)}`;
      problems.push({ path, message, about: [path, ["services", service, "port"]] });
    }
    if (before !== undefined && leadsTo(service, before, services)) {
      const message = `must be a service that is there without ${before}, which waits for this job, got ${given(service)}`;
      problems.push({ path, message, about: [path, at("before"), ["services"]] });
    }
    return [...problems, ...toldVariables(key, told, { env, secrets }, at, seen, isEncrypted)];
  });
  // By its service it requires what that one does.
  const inherited = Object.values(services[service ?? ""]?.requires ?? {});
  if (before !== undefined && inherited.some((one) => leadsTo(one.service, before, services))) {
    const message = `must be a service that requires nothing which waits for ${before}, and with that for this job, got ${given(service)}`;
    problems.push({ path: at("service"), message, about: [at("service"), at("before"), ["services"]] });
  }
  return problems;
}

/** Whether a service is another one, or requires it, itself or by others. */
function leadsTo(from: string, to: string, services: Draft["services"], seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const next = Object.values(services[from]?.requires ?? {});
  return next.some(({ service }) => leadsTo(service, to, services, seen));
}

function place(job: JobDraft, at: At, { services, hosts }: Surroundings): Problem[] {
  const { host } = job;
  const path = at("host");
  const known = Object.keys(hosts);
  if (host !== undefined && !known.includes(host)) {
    const message = `must be one of the hosts (${known.join(", ")}), got ${given(host)}`;
    return [{ path, message, about: [path, ["hosts", host]] }];
  }
  if (host !== undefined && hosts[host]?.state === "drained") {
    const message = `must be a host that is not drained, or else be left out, got ${given(host)}`;
    return [{ path, message, about: [path, ["hosts", host, "state"]] }];
  }
  const all = partners(job, services);
  const about = [at(), ["hosts"], ...all.map(({ name }) => ["services", name, "hosts"])];
  if (host === undefined) {
    if (known.some((key) => all.every(({ hosts }) => hosts?.includes(key) ?? true))) return [];
    const message = `must have to do with services that have a host in common, which ${listed(all.map(({ name }) => name))} have not`;
    return [{ path: at(), message, about }];
  }
  return all.flatMap(({ name, hosts }) => {
    if (hosts?.includes(host) ?? true) return [];
    const message = `must be a host that service ${name} runs on (${(hosts ?? []).join(", ")}), got ${given(host)}`;
    return [{ path, message, about }];
  });
}
