import { placeServersInEach } from "../lib/consul-placement.ts";
import { namesOf } from "../lib/data-centres.ts";
import { endpointOf } from "../lib/docker-endpoint.ts";
import { mostOn } from "../lib/shares.ts";
import { controlSubnetOf } from "../lib/subnet.ts";
import type { Path } from "./faults.ts";
import { requiredServices } from "./rules/requirements.ts";
import { defaultService } from "./rules/routes.ts";
import { isReadOnly, ownVolume } from "./rules/volumes.ts";
import type { HostSettings, ServiceSettings, Settings, VolumeMount } from "./settings.ts";
import type { Draft, ServiceDraft, VolumeDraft } from "./shapes.ts";

/** Fills in what depends on other values, and puts everything in a stable order. */
export function settingsOf(draft: Draft, stack: string, isEncrypted: (path: Path) => boolean): Settings {
  const { protect, network, consul, loadBalancers, registry } = draft;
  const hosts = hostsOf(draft);
  const keys = hosts.flatMap(({ key, state }) => (state === "drained" ? [] : key));
  const byDefault = defaultService(draft.services);
  const required = requiredServices(draft.services);
  return {
    stack,
    protect,
    network: { ...network, controlSubnet: network.controlSubnet ?? controlSubnetOf(stack) },
    hosts,
    consul,
    loadBalancers: { ...loadBalancers, count: loadBalancers.count ?? Math.min(2, loadBalancers.max) },
    ...(registry && { registry }),
    services: Object.entries(draft.services).map(([name, service]) =>
      serviceOf(name, withSecrets(name, service, isEncrypted), {
        isDefault: name === byDefault,
        hostKeys: keys,
        allHosts: hosts,
        isRequired: required.has(name),
        services: draft.services,
      }),
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
  const perHost = Math.max(
    0,
    ...allHosts.map((host) => mostOn({ ...draft, hosts: ownHosts }, host, allHosts)),
  );
  return {
    ...others,
    name,
    ...(isRequired && provides !== undefined && { provides }),
    requires: sorted(requires).map(([key, { env, secrets, ...rest }]) => ({
      key,
      ...rest,
      env: sortedRecord(env),
      secrets: sortedRecord(secrets),
    })),
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

/** A variable that is stored encrypted is a secret, in whichever map it stands. */
function withSecrets(
  name: string,
  service: ServiceDraft,
  isEncrypted: (path: Path) => boolean,
): ServiceDraft {
  const encrypted = Object.keys(service.env).filter(
    (variable) =>
      // The port of a service is no secret.
      (variable !== "PORT" || service.port === undefined) && isEncrypted(["services", name, "env", variable]),
  );
  const isSecret = ([variable]: [string, string]) => encrypted.includes(variable);
  const all = Object.entries(service.env);
  return {
    ...service,
    env: Object.fromEntries(all.filter((entry) => !isSecret(entry))),
    secrets: { ...Object.fromEntries(all.filter(isSecret)), ...service.secrets },
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
