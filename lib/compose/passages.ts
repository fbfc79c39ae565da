import { listed } from "../../config/faults.ts";
import { restartOf } from "./deploy.ts";
import { environmentOf, secretFiles } from "./environment.ts";
import type { ComposeFault } from "./faults.ts";
import { knownImage } from "./images.ts";
import { isMap } from "./merge.ts";
import { serviceKeys } from "./names.ts";
import { Notes } from "./notes.ts";
import type { Project, Service } from "./project.ts";
import { awaited, missingDependencies } from "./requirements.ts";
import type { Passage } from "./service.ts";

/** Services of a compose file that set out. */
interface SetOut {
  /** Those that are to be kept running. */
  readonly passages: Passage[];
  /** Why others do not come along, by their name. */
  readonly gone: ReadonlyMap<string, string>;
  readonly faults: ComposeFault[];
}

/** Sorts out which services are to be kept running, with their variables; `top` is told of the others. */
export function passagesOf(
  project: Project,
  { stack, read }: { readonly stack: string; readonly read: (path: string) => string | undefined },
  top: Notes,
): SetOut {
  const faults: ComposeFault[] = [];
  const gone = notAskedFor(project, top);
  const all = Object.entries(project.services);
  const keys = serviceKeys(
    all.map(([name]) => name),
    stack,
  );
  const ended = awaited(all.map(([, service]) => ({ service })));
  const passages: Passage[] = [];
  for (const [name, service] of all) {
    const reason = isJob(name, service, ended);
    if (reason !== undefined) {
      gone.set(name, "it is left out, since it runs once");
      top.left(`services.${name}`, reason);
      continue;
    }
    const known = new Set([...Object.keys(project.services), ...gone.keys()]);
    faults.push(...faultsOf(project, name, service, known));
    const notes = new Notes(name);
    const { env, faults: ofEnv } = environmentOf(project, name, service, notes, read);
    const { hidden, faults: ofSecrets } = secretFiles(project, name, service, env, notes, read);
    faults.push(...ofEnv, ...ofSecrets);
    const key = keys.get(name) ?? name;
    if (key !== name)
      notes.changed(
        "name",
        `${key}, since names have at most 24 lower-case letters, digits and single dashes, and some are flotilla's own`,
      );
    passages.push(passageOf(project, name, key, service, notes, env, hidden));
  }
  if (passages.length === 0 && faults.length === 0)
    faults.push({ file: project.file, line: 1, path: [], message: "has no service that flotilla could run" });
  return { passages, gone, faults };
}

/** Services of profiles that nobody has asked for, with why they are not there. */
function notAskedFor(project: Project, top: Notes): Map<string, string> {
  const gone = new Map<string, string>();
  for (const [name, profiles] of Object.entries(project.unwanted)) {
    gone.set(name, `it is wanted with ${listed(profiles)} only`);
    top.left(
      `services.${name}`,
      `is wanted in ${profiles.length === 1 ? "the profile" : "the profiles"} ${listed(profiles)} only: --profile ${profiles[0]} takes it along`,
    );
  }
  return gone;
}

/** What a service can't be without: something that it runs, and the services that it depends on. */
function faultsOf(
  project: Project,
  name: string,
  service: Service,
  known: ReadonlySet<string>,
): ComposeFault[] {
  const faults: ComposeFault[] = [];
  if (service.image === undefined && service.build === undefined) {
    const path = ["services", name];
    const what = isMap(service.provider) ? "an image or a build, not a provider" : "an image or a build";
    faults.push({ ...project.placeOf(path), path, message: `must have ${what}` });
  }
  for (const other of missingDependencies(service, known)) {
    const path = ["services", name, "depends_on"];
    faults.push({
      ...project.placeOf(path),
      path,
      message: `must name services of this file, got ${JSON.stringify(other)}`,
    });
  }
  return faults;
}

/** Why a service is none that is always there; undefined where it is. */
function isJob(name: string, service: Service, ended: ReadonlySet<string>): string | undefined {
  const advice = `write it as flotilla:jobs.${name}, which runs once, on a schedule, or before a service (README, Jobs)`;
  if (ended.has(name))
    return `runs once, and others wait until it has ended; a service is kept running: ${advice}`;
  const restart = restartOf(service);
  const mode = isMap(service.deploy) ? String(service.deploy.mode) : "";
  if (mode.endsWith("-job")) return `is a job; a service is kept running: ${advice}`;
  const ends = restart === "no" || /^on-failure/.test(restart ?? "");
  const answers =
    service.ports !== undefined || service.expose !== undefined || service.healthcheck !== undefined;
  if (ends && !answers && !knownImage(String(service.image ?? "")))
    return `runs until it has ended (restart: ${JSON.stringify(restart)}); a service is kept running: ${advice}`;
  return undefined;
}

function passageOf(
  project: Project,
  name: string,
  key: string,
  service: Service,
  notes: Notes,
  env: Map<string, string>,
  hidden: readonly string[],
): Passage {
  const { networks, container_name, hostname } = service;
  const aliases = isMap(networks)
    ? Object.values(networks).flatMap((one) => (isMap(one) ? [one.aliases ?? []].flat() : []))
    : [];
  const hosts = [name, container_name, hostname, ...aliases].filter((one) => one !== undefined).map(String);
  return {
    name,
    key,
    service,
    notes,
    known: knownImage(service.image === undefined ? undefined : String(service.image)),
    env,
    hidden: new Set(hidden),
    secrets: project.secrets,
    hosts: [...new Set(hosts)],
    protocol: "http",
    written: {},
    from: new Map(),
  };
}
