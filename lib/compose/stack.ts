import { listed, type Path } from "../../config/faults.ts";
import { deployKeys, restartOf } from "./deploy.ts";
import { environmentOf, secretFiles } from "./environment.ts";
import type { ComposeFault } from "./faults.ts";
import { chooseGround, type Ground } from "./ground.ts";
import { askedBy, healthKeys } from "./health.ts";
import { knownImage, spokenAt } from "./images.ts";
import { labelsOf, readLabels } from "./labels.ts";
import { leftOut } from "./left-out.ts";
import type { Project, Service } from "./load.ts";
import { isMap } from "./merge.ts";
import { serviceKeys } from "./names.ts";
import { type Note, Notes } from "./notes.ts";
import { mainPort, openPort } from "./ports.ts";
import {
  awaited,
  dependedOn,
  learnFrom,
  mentionsIn,
  missingDependencies,
  requirementKeys,
} from "./requirements.ts";
import { runningKeys } from "./running.ts";
import { hasSecretOf, isSecret } from "./secrecy.ts";
import { type Passage, Secret } from "./service.ts";
import { sourceKeys } from "./source.ts";
import { volumeKeys } from "./volumes.ts";

/** What a compose file becomes. */
export interface Imported {
  /** Sections of the config below `flotilla:`; what is to be encrypted is a {@link Secret}. */
  readonly sections: Readonly<Record<string, unknown>>;
  readonly notes: readonly Note[];
  /** Services of the compose file by the names that they get. */
  readonly names: ReadonlyMap<string, string>;
  /** Where something in the config comes from, as a path of the compose file. */
  readonly origin: (path: Path) => Path;
}

/** What is asked of the world around. */
export interface Target {
  readonly stack: string;
  /** Folder that paths in the config are relative to. */
  readonly folder: string;
  readonly home: string;
  readonly read: (path: string) => string | undefined;
  /** What other stacks have. */
  readonly others: readonly Ground[];
}

/** Turns a compose project into the config of a stack, with a note for all that it says. */
export function importProject(
  project: Project,
  target: Target,
): { imported: Imported } | { faults: ComposeFault[] } {
  const top = new Notes();
  const faults: ComposeFault[] = [];
  const gone = new Map<string, string>();
  for (const [name, profiles] of Object.entries(project.unwanted)) {
    gone.set(name, `it is wanted with ${listed(profiles)} only`);
    top.left(
      `services.${name}`,
      `is wanted in ${profiles.length === 1 ? "the profile" : "the profiles"} ${listed(profiles)} only: --profile ${profiles[0]} takes it along`,
    );
  }
  const all = Object.entries(project.services);
  const keys = serviceKeys(
    all.map(([name]) => name),
    target.stack,
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
    if (service.image === undefined && service.build === undefined) {
      const path = ["services", name];
      const what = isMap(service.provider) ? "an image or a build, not a provider" : "an image or a build";
      faults.push({ ...project.placeOf(path), path, message: `must have ${what}` });
    }
    for (const other of missingDependencies(
      service,
      new Set([...Object.keys(project.services), ...gone.keys()]),
    )) {
      const path = ["services", name, "depends_on"];
      faults.push({
        ...project.placeOf(path),
        path,
        message: `must name services of this file, got ${JSON.stringify(other)}`,
      });
    }
    const notes = new Notes(name);
    const { env, faults: ofEnv } = environmentOf(project, name, service, notes, target.read);
    const { hidden, faults: ofSecrets } = secretFiles(project, name, service, env, notes, target.read);
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
  if (faults.length > 0) return { faults };

  const waitedFor = dependedOn(passages);
  const published = new Map(
    passages.map((passage) => [passage, portOf(passage, waitedFor.has(passage.name))]),
  );
  const mentions = mentionsIn(passages);
  learnFrom(mentions);
  for (const passage of passages) speech(passage);
  for (const passage of passages) sourceKeys(passage, target.folder);
  for (const passage of passages) deployKeys(passage);
  volumeKeys(project, passages, target.home);
  // The variables that commands get for their secrets may name a host as well.
  for (const passage of passages) runningKeys(passage);
  requirementKeys(passages, mentionsIn(passages), gone);
  const ground = placesOf(passages, published, target.others);
  for (const passage of passages) healthKeys(passage);
  for (const passage of passages) variables(passage);
  for (const passage of passages) theRest(passage);
  atTheTop(project, passages, ground, top);
  return {
    imported: {
      sections: {
        ...(ground.subnet !== "172.30.0.0/16" && { network: { subnet: ground.subnet } }),
        ...(ground.consulPort !== 8500 && { consul: { port: ground.consulPort } }),
        ...loadBalancers(ground),
        services: Object.fromEntries(passages.map((passage) => [passage.key, ordered(passage)])),
      },
      notes: [...top.all, ...passages.flatMap(({ notes }) => notes.all)],
      names: new Map(passages.map(({ name, key }) => [key, name])),
      origin: (path) => originOf(path, passages),
    },
  };
}

function loadBalancers({ balancerPort, statsPort }: Ground) {
  const own = {
    ...(balancerPort !== 8080 && { port: balancerPort }),
    ...(statsPort !== 9000 && { statsPort }),
  };
  return Object.keys(own).length > 0 && { loadBalancers: own };
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

/** Which of its ports it is reached at; answers what is published of it. */
function portOf(passage: Passage, isWaitedFor: boolean): number | undefined {
  const { service, notes, known, env } = passage;
  const ports = [service.ports ?? []].flat().map(openPort);
  const labels = readLabels(labelsOf(passage));
  const main =
    labels.port === undefined
      ? mainPort(ports)
      : (ports.find(({ target }) => target === labels.port) ?? undefined);
  const exposed = [service.expose ?? []].flat().map((one) => openPort(one));
  const ofExpose = mainPort(exposed)?.target;
  const ofEnv =
    /^\d{2,5}$/.test(env.get("PORT") ?? "") && service.build !== undefined
      ? Number(env.get("PORT"))
      : undefined;
  const isWorker = ports.length > 0 && main === undefined;
  // Where its own check asks it, it listens.
  const asked = isMap(service.healthcheck) && isWaitedFor ? askedBy(service.healthcheck.test) : undefined;
  const ofCheck = asked?.kind === "http" ? asked.port : undefined;
  const port =
    labels.port ?? main?.target ?? (isWorker ? undefined : (ofExpose ?? known?.port ?? ofEnv ?? ofCheck));
  if (port !== undefined) passage.port = port;
  if (service.expose !== undefined) {
    const rest = exposed.filter(({ target }) => target !== port).map(({ text }) => text);
    if (exposed.some(({ target }) => target === port)) notes.taken("expose", String(port));
    if (rest.length > 0)
      notes.left(
        "expose",
        `${listed(rest)}: a service is reached at one port${port === undefined ? "" : `, ${port}`}`,
      );
  }
  for (const open of ports) {
    const at = `ports[${ports.indexOf(open)}]`;
    if (open !== main) notes.left(at, whyNot(open, port));
    else if (open.address !== undefined)
      notes.changed(
        at,
        `${open.text}: not published, since flotilla publishes on all addresses of a host; publish: ${open.published ?? open.target} does so`,
      );
    else if (open.published === undefined)
      notes.changed(at, `${open.text}: the port in the container; none is published`);
    else notes.taken(at, open.text);
    if (open.others.length > 0)
      notes.left(`${at}.${open.others.join(", ")}`, "balancers publish a port on every host, under no name");
  }
  if (service.network_mode !== undefined) networkMode(passage, String(service.network_mode));
  return main?.address === undefined ? main?.published : undefined;
}

function whyNot({ text, target, protocol }: ReturnType<typeof openPort>, port: number | undefined): string {
  if (protocol !== "tcp") return `${text}: balancers speak TCP`;
  if (target === undefined) return `${text}: is a range; a service is reached at one port`;
  return `${text}: a service is reached at one port${port === undefined ? "" : `, ${port}`}; what is behind another one can be a service of its own`;
}

function networkMode({ notes, port }: Passage, mode: string): void {
  if (mode === "bridge" || mode === "default") notes.taken("network_mode", mode);
  else if (mode === "host")
    notes.left(
      "network_mode",
      `host: copies are in the stack's network, and reached at the balancers${port === undefined ? "; name the port that it listens on, or it counts as a worker" : ""}`,
    );
  else if (mode === "none") notes.left("network_mode", "none: copies are in the stack's network");
  else
    notes.left(
      "network_mode",
      `${mode}: each copy has a network of its own, so that what shared one reaches the other by requires`,
    );
}

/** What it speaks: by its image, its check, its port. */
function speech(passage: Passage): void {
  const { service, known, port, notes } = passage;
  if (port === undefined) return;
  const asked =
    isMap(service.healthcheck) && service.healthcheck.test !== undefined
      ? askedBy(service.healthcheck.test)
      : undefined;
  const spoken = spokenAt(port);
  const ofCheck =
    asked?.kind === "redis" || asked?.kind === "postgres" || asked?.kind === "mysql" ? asked.kind : undefined;
  // Who asks a database in his check need not be one.
  const isStore = known !== undefined || spoken !== undefined || service.build === undefined;
  if (known?.protocol === "tcp" && (known.port === port || spoken !== undefined)) {
    passage.protocol = "tcp";
    if (known.check) passage.check = known.check;
  } else if (
    known === undefined &&
    asked?.kind !== "http" &&
    (spoken !== undefined || (ofCheck !== undefined && isStore))
  ) {
    passage.protocol = "tcp";
    const check = ofCheck ?? (spoken === "tcp" ? undefined : spoken);
    if (check) passage.check ??= check;
  }
  if (passage.protocol === "tcp")
    notes.changed("protocol", "tcp: balancers hand on connections, and copies see the balancer's address");
}

/** Where services are reached: published ports, routes, the one by default, and at which ports others find them. */
function placesOf(
  passages: readonly Passage[],
  published: ReadonlyMap<Passage, number | undefined>,
  others: readonly Ground[],
): Ground {
  const required = new Set(
    passages.flatMap(({ written }) => Object.keys((written.requires as object | undefined) ?? {})),
  );
  const publishes = new Set<number>();
  for (const passage of passages) {
    const { port, written, notes, protocol } = passage;
    if (port === undefined) continue;
    written.port = port;
    if (protocol === "tcp") written.protocol = "tcp";
    const wanted = published.get(passage);
    const labels = readLabels(labelsOf(passage));
    if (labels.route && protocol === "http") {
      written.route =
        labels.route.host?.length === 1 ? { ...labels.route, host: labels.route.host[0] } : labels.route;
      notes.changed(
        "labels",
        "its hosts and paths are a route; TLS is spoken by who stands in front of the balancers",
      );
    }
    if (wanted !== undefined && !publishes.has(wanted)) {
      written.publish = wanted;
      publishes.add(wanted);
    } else if (wanted !== undefined) notes.left("ports", `${wanted}: another service has that host port`);
  }
  for (const passage of passages) {
    const { port, written, notes, protocol, service, key } = passage;
    const isOpen =
      protocol === "http" &&
      (service.ports !== undefined || readLabels(labelsOf(passage)).port !== undefined);
    if (port === undefined || required.has(key) || written.publish || written.route || isOpen) continue;
    // What Compose has opened to nobody outside is not opened here.
    delete passage.port;
    delete written.port;
    delete written.protocol;
    notes.changed(
      "port",
      `none: no variable tells anybody where it is, so that it runs as a worker, which nobody reaches; with port: ${port}${protocol === "tcp" ? ", protocol: tcp" : ""} others can require it`,
    );
  }
  const web = passages.filter(({ port, protocol }) => port !== undefined && protocol === "http");
  const hidden = web.filter(({ written, key }) => !written.publish && !written.route && !required.has(key));
  const score = ({ written }: Passage) => [80, 8080, 3000, 8000].indexOf(Number(written.publish)) >>> 0;
  const [first] = web
    .filter(({ written }) => written.publish !== undefined)
    .toSorted((a, b) => score(a) - score(b));
  const byDefault = web.some(({ written }) => written.route) ? hidden[0] : (first ?? hidden[0]);
  for (const passage of web) {
    const { notes, written, key } = passage;
    if (passage === byDefault) {
      written.default = true;
      notes.changed("default", "true: it answers at the balancers' shared port what no route claims");
    } else if (hidden.includes(passage)) {
      written.route = { host: `${key}.localhost` };
      notes.changed(
        "route",
        `host ${key}.localhost: nothing else leads to it; give it a name that leads to your hosts`,
      );
    }
  }
  const inside = new Set([
    ...publishes,
    ...passages.flatMap(({ port, key }) => (port !== undefined && required.has(key) ? [port] : [])),
  ]);
  const copies = passages.reduce((sum, { written }) => sum + Number(written.replicas ?? 1), 0);
  const ground = chooseGround(inside, copies, others);
  provided(
    passages.filter(({ key }) => required.has(key)),
    publishes,
  );
  return ground;
}

/** Those that are required are found at ports of the balancers, of which each is one's alone. */
function provided(required: readonly Passage[], publishes: ReadonlySet<number>): void {
  const taken = new Set<number>();
  // Who is found at a port that nobody tells has to keep it.
  for (const passage of required.toSorted(
    (a, b) => Number(b.reliedOn ?? false) - Number(a.reliedOn ?? false),
  )) {
    const { written, notes, port = 0 } = passage;
    const isFree = (one: number) =>
      one <= 65_535 && !taken.has(one) && (one === written.publish || !publishes.has(one));
    const place =
      [port, ...Array.from({ length: 9999 }, (_, index) => 20_000 + (port % 10_000) + index)].find(isFree) ??
      port;
    taken.add(place);
    if (place === port) continue;
    written.provides = place;
    notes.changed(
      "provides",
      `${place}: another service has ${port} at the balancers${passage.reliedOn ? "; who requires it must be told that port, as {{port}} in requires" : ""}`,
    );
  }
}

/** Variables that are left, in the open and encrypted. */
function variables({ env, hidden, secrets, written, notes, port, service }: Passage): void {
  if (port !== undefined && env.has("PORT")) {
    if (env.get("PORT") === String(port)) notes.taken("environment", "PORT");
    else notes.changed("environment.PORT", `${port}: an application finds its port there`);
    env.delete("PORT");
  }
  const all = [...env];
  const isHidden = ([name, value]: [string, string]) =>
    hidden.has(name) || isSecret(name, value) || hasSecretOf(secrets, value);
  const secret = all.filter(isHidden);
  const open = all.filter((entry) => !isHidden(entry));
  if (open.length > 0) written.env = Object.fromEntries(open);
  if (secret.length > 0)
    written.secrets = Object.fromEntries(secret.map(([name, value]) => [name, new Secret(value)]));
  if (open.length > 0) notes.taken("environment", open.map(([name]) => name).join(", "));
  if (secret.length > 0) notes.taken("environment", `encrypted: ${secret.map(([name]) => name).join(", ")}`);
  if (service.environment !== undefined && !notes.keys.has("environment") && secret.length === 0)
    notes.taken("environment", "none");
}

/** Tells of what no other part has told of. */
function theRest(passage: Passage): void {
  const { service, notes } = passage;
  const labels = labelsOf(passage);
  if (service.labels !== undefined || Object.keys(labels).length > 0) {
    const { rest } = readLabels(labels);
    if (rest.length > 0)
      notes.left(
        "labels",
        `${rest.length === 1 ? rest[0] : `${rest.length} of them`}: containers have flotilla's own labels only`,
      );
    else if (!notes.keys.has("labels")) notes.taken("labels", "its port");
  }
  if (service.networks !== undefined)
    notes.left(
      "networks",
      "all services of a stack are in one network, in which they find each other by requires only",
    );
  if (service.profiles !== undefined) notes.taken("profiles", "asked for");
  const told = notes.keys;
  const silent: Readonly<Record<string, string>> = {
    depends_on: "names nobody",
    links: "names nobody",
    ports: "none",
    environment: "",
    volumes: "none",
    secrets: "none",
    security_opt: "none",
    env_file: "none",
  };
  for (const [key, value] of Object.entries(service)) {
    if (told.has(key)) continue;
    if (key.startsWith("x-")) notes.left(key, "is your own");
    else if (leftOut[key] !== undefined) notes.left(key, leftOut[key]);
    else if (silent[key] !== undefined) notes.taken(key, silent[key]);
    else if (value === null || (typeof value === "object" && Object.keys(value).length === 0))
      notes.taken(key, "says nothing");
    else if (key === "environment" || key === "deploy") notes.taken(key);
    else notes.left(key, "flotilla has nothing of the kind");
  }
}

function atTheTop(project: Project, passages: readonly Passage[], ground: Ground, top: Notes): void {
  const { sections, missing } = project;
  if (missing.length > 0)
    top.changed("variables", `${listed(missing)}: not set, and so empty, as with Compose`);
  for (const key of project.top) {
    if (key === "version") top.left(key, "Compose itself does not heed it any more");
    else if (key === "name") top.taken(key, String(project.name));
    else if (key.startsWith("x-")) top.taken(key, "as far as others refer to it");
    else top.left(key, "flotilla has nothing of the kind");
  }
  const names = (section: keyof Project["sections"]) => Object.keys(sections[section]);
  if (names("networks").length > 0)
    top.left("networks", `${listed(names("networks"))}: a stack has one network, ${ground.subnet}`);
  if (names("configs").length > 0)
    top.left(
      "configs",
      `${listed(names("configs"))}: files belong into the image, or into a folder that is a volume of kind bind`,
    );
  if (names("models").length > 0) top.left("models", `${listed(names("models"))}: flotilla runs containers`);
  if (names("jobs").length > 0)
    top.left("jobs", `${listed(names("jobs"))}: write them as flotilla:jobs (README, Jobs)`);
  const mounted = passages.flatMap(({ service }) =>
    [service.volumes ?? []]
      .flat()
      .map((one) => (isMap(one) ? String(one.source) : String(one).split(":")[0])),
  );
  const idle = names("volumes").filter((name) => !mounted.includes(name));
  if (idle.length > 0)
    top.left("volumes", `${listed(idle)}: no service that is taken has ${idle.length === 1 ? "it" : "them"}`);
  const used = passages.flatMap(({ service }) =>
    [service.secrets ?? []].flat().map((one) => (isMap(one) ? String(one.source) : String(one))),
  );
  const unused = names("secrets").filter((name) => !used.includes(name));
  if (unused.length > 0)
    top.left(
      "secrets",
      `${listed(unused)}: no service that is taken has ${unused.length === 1 ? "it" : "them"}`,
    );
}

const order = [
  "build",
  "image",
  "pin",
  "replicas",
  "port",
  "protocol",
  "publish",
  "provides",
  "default",
  "route",
  "health",
  "requires",
  "env",
  "secrets",
];

/** Keys in the order in which people look for them. */
function ordered({ written }: Passage): Record<string, unknown> {
  const place = (key: string) => (order.indexOf(key) < 0 ? order.length : order.indexOf(key));
  return Object.fromEntries(Object.entries(written).sort(([a], [b]) => place(a) - place(b)));
}

/** Which key of the compose file a key of the config comes from. */
const origins: Readonly<Record<string, string>> = {
  pin: "pull_policy",
  replicas: "deploy",
  port: "ports",
  protocol: "ports",
  publish: "ports",
  provides: "ports",
  route: "labels",
  default: "ports",
  health: "healthcheck",
  requires: "depends_on",
  env: "environment",
  secrets: "environment",
  workingDir: "working_dir",
  capabilities: "cap_add",
  noNewPrivileges: "security_opt",
  readOnly: "read_only",
  shmSize: "shm_size",
  extraHosts: "extra_hosts",
  memory: "mem_limit",
  stopGrace: "stop_grace_period",
  rollout: "volumes",
};

function originOf([section, key, name, index, ...rest]: Path, passages: readonly Passage[]): Path {
  const passage = passages.find((one) => one.key === key);
  if (section !== "services" || passage === undefined) return [];
  const at: Path = ["services", passage.name];
  if (name === undefined) return at;
  const from = passage.from.get(`${name}[${index}]`);
  if (from !== undefined) {
    const [, list = "", number = "0"] = /^(\w+)\[(\d+)\]$/.exec(from) ?? [];
    return [...at, list, Number(number)];
  }
  const own = origins[String(name)] ?? String(name);
  const known = own in passage.service ? [own] : [];
  const isVariable = (name === "env" || name === "secrets") && isMap(passage.service.environment);
  return [
    ...at,
    ...known,
    ...(isVariable && index !== undefined && known.length > 0 ? [index] : []),
    ...(known.length > 0 ? rest.slice(0, 0) : []),
  ];
}
