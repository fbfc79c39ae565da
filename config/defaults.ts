import { placeServersInEach } from "../lib/consul-placement.ts";
import { namesOf } from "../lib/data-centres.ts";
import { endpointOf } from "../lib/docker-endpoint.ts";
import { mostOn } from "../lib/shares.ts";
import { controlSubnetOf } from "../lib/subnet.ts";
import type { Path } from "./faults.ts";
import { onlyVolume } from "./rules/backups.ts";
import { placesOf } from "./rules/jobs.ts";
import { requiredServices } from "./rules/requirements.ts";
import { defaultService } from "./rules/routes.ts";
import { isReadOnly, ownVolume } from "./rules/volumes.ts";
import type {
  BackupSettings,
  BackupTarget,
  HostSettings,
  JobSettings,
  ProcessSettings,
  ServiceSettings,
  Settings,
  Trigger,
  VolumeMount,
} from "./settings.ts";
import type { BackupsDraft, Draft, JobDraft, ServiceDraft, VolumeDraft } from "./shapes.ts";

/** Fills in what depends on other values, and puts everything in a stable order. */
export function settingsOf(draft: Draft, stack: string, isEncrypted: (path: Path) => boolean): Settings {
  const { protect, network, consul, loadBalancers, registry, backups } = draft;
  const hosts = hostsOf(draft);
  const keys = hosts.flatMap(({ key, state }) => (state === "drained" ? [] : key));
  const byDefault = defaultService(draft);
  const required = requiredServices(draft);
  const services = Object.entries(draft.services).map(([name, service]) =>
    serviceOf(name, withSecrets(["services", name], service, service.port, isEncrypted), {
      isDefault: name === byDefault,
      hostKeys: keys,
      allHosts: hosts,
      isRequired: required.has(name),
      services: draft.services,
    }),
  );
  return {
    stack,
    protect,
    network: { ...network, controlSubnet: network.controlSubnet ?? controlSubnetOf(stack) },
    hosts,
    consul,
    loadBalancers: { ...loadBalancers, count: loadBalancers.count ?? Math.min(2, loadBalancers.max) },
    ...(registry && { registry }),
    ...(backups && { backups: backupsOf(backups, draft.services) }),
    services,
    jobs: Object.entries(draft.jobs).map(([name, job]) =>
      jobOf(name, withSecrets(["jobs", name], job, undefined, isEncrypted), services, draft),
    ),
  };
}

function hostsOf({ hosts, consul }: Draft): HostSettings[] {
  const places = Object.entries(hosts).map(([key, { datacenter }]) => ({ key, datacenter }));
  const dealtOut = placeServersInEach(places, consul.servers);
  return sorted(hosts).map(([key, { docker, tls, insecure: _, consulServers, ...host }]) => ({
    ...host,
    key,
    docker: endpointOf(docker, tls),
    peerAddress: host.peerAddress ?? host.address,
    consulServers: (consulServers ?? dealtOut[key] ?? []).toSorted((a, b) => a - b),
    placesServers: consulServers !== undefined,
  }));
}

/** What a service's settings come from besides its own. */
interface Surroundings {
  readonly isDefault: boolean;
  /** Hosts on which services may run. */
  readonly hostKeys: string[];
  readonly allHosts: readonly HostSettings[];
  /** Whether another service requires it. */
  readonly isRequired: boolean;
  /** All of the stack. */
  readonly services: Draft["services"];
}

function serviceOf(
  name: string,
  draft: ServiceDraft,
  { isDefault, hostKeys, allHosts, isRequired, services }: Surroundings,
): ServiceSettings {
  const { build, version, image, pin, env, secrets, hosts = hostKeys, rollout, ...rest } = draft;
  const { provides = draft.port, requires, ...others } = rest;
  const ownHosts = hosts.filter((key) => hostKeys.includes(key)).toSorted();
  const itsHosts = allHosts.filter(({ key }) => ownHosts.includes(key));
  const perHost = Math.max(
    0,
    ...itsHosts.map((host) => mostOn({ ...draft, hosts: ownHosts }, host, itsHosts)),
  );
  return {
    ...others,
    name,
    ...(isRequired && provides !== undefined && { provides }),
    requires: requirementsOf(requires),
    health: { ...draft.health, type: draft.health.type ?? draft.protocol },
    source: build
      ? { kind: "build", ...build, args: sortedRecord(build.args), ...(version && { version }) }
      : { kind: "image", image: image ?? "", pin },
    env: sortedRecord({ ...(draft.port !== undefined && { PORT: String(draft.port) }), ...env }),
    secrets: sortedRecord(secrets),
    ulimits: sortedRecord(draft.ulimits),
    volumes: draft.volumes.map((volume) => volumeOf(name, volume, services)),
    movedFrom: draft.movedFrom ?? [],
    rollout: { ...rollout, surge: surgeOf(rollout.surge, perHost) },
    default: isDefault,
    hosts: ownHosts,
    failover: (draft.failover ?? namesOf(allHosts)).toSorted(),
  };
}

function requirementsOf<T extends Pick<ServiceDraft, "env" | "secrets">>(requires: Record<string, T>) {
  return sorted(requires).map(([key, { env, secrets, ...rest }]) => ({
    key,
    ...rest,
    env: sortedRecord(env),
    secrets: sortedRecord(secrets),
  }));
}

/** A volume of another service is what that one says of it. */
function volumeOf(service: string, volume: VolumeDraft, services: Draft["services"]): VolumeMount {
  const { name, path, owner } = volume;
  const has = owner ?? service;
  const { shared: _, ...own } = owner === undefined ? volume : (ownVolume(services[owner], name) ?? volume);
  return {
    ...own,
    path,
    ...(owner !== undefined && { owner }),
    of: services[has]?.movedFrom?.at(-1) ?? has,
    readOnly: isReadOnly(volume),
    options: sortedRecord(own.options),
  };
}

function backupsOf(draft: BackupsDraft, services: Draft["services"]): BackupSettings {
  const { target, of, password, verify, timeZone } = draft;
  return {
    target: targetOf(target),
    password,
    verify,
    timeZone,
    items: sorted(of).map(([name, item]) => {
      const { service, consul: _, volume, schedule = draft.schedule, keep = draft.keep, ...rest } = item;
      const own = service !== undefined && (volume ?? onlyVolume(services[service]));
      return { ...rest, name, schedule, keep, ...(own && { of: { service, volume: own } }) };
    }),
  };
}

function targetOf({ folder, nfs, s3, sftp }: BackupsDraft["target"]): BackupTarget {
  if (nfs) return { kind: "nfs", ...nfs, options: sortedRecord(nfs.options) };
  if (s3) return { kind: "s3", ...s3 };
  if (sftp) return { kind: "sftp", ...sftp };
  return { kind: "folder", path: folder ?? "" };
}

/** What a job without a service is, where nothing is said of it: as a service would be. */
const alone: ProcessSettings = {
  env: {},
  secrets: {},
  init: false,
  capabilities: { add: [], drop: [] },
  noNewPrivileges: true,
  readOnly: false,
  tmpfs: [],
  ulimits: {},
  extraHosts: [],
  volumes: [],
  requires: [],
};

/** A job is run as its service is, where it has one, but for what it says itself. */
function jobOf(
  name: string,
  draft: JobDraft,
  services: readonly ServiceSettings[],
  all: Pick<Draft, "services" | "hosts">,
): JobSettings {
  const { service, build, image, pin, timeout, retries, overlap, catchUp, host } = draft;
  const like: ProcessSettings = services.find((one) => one.name === service) ?? alone;
  const { command, entrypoint, workingDir, user, readOnly, tmpfs, cpus, memory } = draft;
  // As with Docker, a command goes with its entrypoint.
  const said = { ...(entrypoint && { command: undefined }), command, entrypoint, workingDir, user };
  const given = { ...said, readOnly, tmpfs, cpus, memory };
  const requires = requirementsOf(draft.requires);
  const { init, capabilities, noNewPrivileges, shmSize, ulimits, extraHosts } = like;
  return {
    ...(like.command && !entrypoint && { command: like.command }),
    ...(like.entrypoint && { entrypoint: like.entrypoint }),
    ...(like.workingDir !== undefined && { workingDir: like.workingDir }),
    ...(like.user !== undefined && { user: like.user }),
    ...(like.cpus !== undefined && { cpus: like.cpus }),
    ...(like.memory !== undefined && { memory: like.memory }),
    readOnly: like.readOnly,
    tmpfs: like.tmpfs,
    init,
    capabilities,
    noNewPrivileges,
    ...(shmSize !== undefined && { shmSize }),
    ulimits,
    extraHosts,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    env: sortedRecord({ ...without(like.env, draft.secrets), ...draft.env }),
    secrets: sortedRecord({ ...without(like.secrets, draft.env), ...draft.secrets }),
    volumes: draft.volumes?.map((volume) => borrowedVolume(name, volume, all.services)) ?? like.volumes,
    requires: [
      ...like.requires.map(({ onChange: _, ...rest }) => rest).filter(({ key }) => !(key in draft.requires)),
      ...requires,
    ],
    name,
    source:
      service !== undefined
        ? { kind: "service", service }
        : build
          ? { kind: "build", ...build, args: sortedRecord(build.args) }
          : { kind: "image", image: image ?? "", pin },
    trigger: triggerOf(draft),
    timeout,
    retries,
    overlap,
    catchUp,
    hosts: placesOf(draft, all),
    isPlaced: host !== undefined,
  };
}

function triggerOf({ schedule, timeZone, before }: JobDraft): Trigger {
  if (schedule !== undefined) return { kind: "schedule", pattern: schedule, timeZone };
  return before === undefined ? { kind: "once" } : { kind: "before", service: before };
}

function borrowedVolume(
  job: string,
  { name, path, owner, readOnly }: NonNullable<JobDraft["volumes"]>[number],
  services: Draft["services"],
): VolumeMount {
  const theirs = ownVolume(services[owner], name);
  if (theirs === undefined)
    return { name, path, owner, of: owner, kind: "volume", readOnly: true, options: {}, perReplica: false };
  return volumeOf(job, { ...theirs, path, owner, readOnly }, services);
}

const without = (map: Readonly<Record<string, string>>, names: object) =>
  Object.fromEntries(Object.entries(map).filter(([name]) => !(name in names)));

/** A variable that is stored encrypted is a secret, in whichever map it stands. */
function withSecrets<T extends Pick<ServiceDraft, "env" | "secrets">>(
  path: Path,
  draft: T,
  port: number | undefined,
  isEncrypted: (path: Path) => boolean,
): T {
  const encrypted = Object.keys(draft.env).filter(
    (variable) =>
      // The port of a service is no secret.
      (variable !== "PORT" || port === undefined) && isEncrypted([...path, "env", variable]),
  );
  const isSecret = ([variable]: [string, string]) => encrypted.includes(variable);
  const all = Object.entries(draft.env);
  return {
    ...draft,
    env: Object.fromEntries(all.filter((entry) => !isSecret(entry))),
    secrets: { ...Object.fromEntries(all.filter(isSecret)), ...draft.secrets },
  };
}

function surgeOf(surge: string | number, replicas: number): number {
  if (typeof surge === "number") return surge;
  return Math.max(1, Math.ceil((replicas * Number.parseInt(surge, 10)) / 100));
}

/** Entries by key, compared code unit by code unit, so that no locale changes the order. */
function sorted<T>(map: Record<string, T>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sortedRecord<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(sorted(map));
}
