import type { HostSettings, Settings, VolumeMount } from "../config/settings.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import { labels, replicaOf } from "../lib/names.ts";
import { ask } from "./engine.ts";

/** No engine has it, so that asking for a container of it makes none. */
const NO_IMAGE = "flotilla/no-image:none";

/** Folders and drivers of volumes that a host has not, by its engine's own word. */
export async function volumeFaults(settings: Settings, host: HostSettings): Promise<string[]> {
  const services = servicesOn(settings, host);
  // What another service owns that runs here is told of as that one's.
  const isTold = ({ owner }: VolumeMount) => services.some(({ name }) => name === owner);
  const faults = await Promise.all(
    volumesOn(settings, host).map(async ({ volume, key }) => {
      if (isTold(volume)) return [];
      const fault = await faultOf(host.docker, volume);
      return fault === undefined ? [] : `host ${host.key}: ${fault(key)}`;
    }),
  );
  return faults.flat();
}

/** The volumes that services on a host have, each with its key in the config. */
export const volumesOn = (settings: Settings, host: HostSettings): { volume: VolumeMount; key: string }[] =>
  servicesOn(settings, host).flatMap(({ name, volumes }) =>
    volumes.map((volume, index) => ({ volume, key: `flotilla:services.${name}.volumes[${index}]` })),
  );

const servicesOn = ({ services }: Settings, host: HostSettings) =>
  services.filter(({ hosts }) => hosts.includes(host.key));

/** What is amiss with a volume, in words that take its key. */
async function faultOf(
  docker: Endpoint,
  { kind, source = "", driver = "", owner }: VolumeMount,
): Promise<((key: string) => string) | undefined> {
  if (kind === "bind") {
    const reason = await refusalOfFolder(docker, source);
    if (reason === undefined) return undefined;
    return (key) =>
      `folder ${source}, wanted as a volume (${key}.${owner === undefined ? "source" : "owner"}), is not to be had: ${reason}. Make it.`;
  }
  if (kind === "driver" && owner === undefined) {
    const reason = await refusalOfDriver(docker, driver);
    if (reason === undefined) return undefined;
    return (key) =>
      `volume driver ${driver}, wanted for a volume (${key}.driver), is not to be had: ${reason}. Install it.`;
  }
  return undefined;
}

/**
 * An engine looks whether the folders of `--mount` are there before it looks for the image, and makes none; those of `--volume`
 * it would make.
 */
export async function refusalOfFolder(docker: Endpoint, folder: string): Promise<string | undefined> {
  // A comma would end the value, and quotes are taken as CSV has them.
  const mount = `type=bind,"source=${folder.replaceAll('"', '""')}",target=/folder`;
  const reason = await refusal(docker, "create", "--pull", "never", "--mount", mount, NO_IMAGE);
  return /no such image/i.test(reason ?? "") ? undefined : reason;
}

/** Lists don't tell of all: an old plugin is found when it is asked for, and one that is not is looked for for 15 s. */
async function refusalOfDriver(docker: Endpoint, driver: string): Promise<string | undefined> {
  const [known, plugins] = await Promise.all([
    ask(docker, "info", "--format", "{{json .Plugins.Volume}}"),
    ask(docker, "plugin", "ls", "--filter", "enabled=true", "--format", "{{.Name}}"),
  ]);
  const names: string[] = [...(JSON.parse(known) ?? []), ...plugins.split("\n")];
  if (names.includes(driver) || names.includes(`${driver}:latest`)) return undefined;
  const probe = "flotilla-probe";
  const reason = await refusal(docker, "volume", "create", "--driver", driver, probe);
  if (reason === undefined) await ask(docker, "volume", "rm", probe);
  return reason;
}

/** Why an engine does not do something; undefined where it does. */
async function refusal(docker: Endpoint, ...args: string[]): Promise<string | undefined> {
  return ask(docker, ...args).then(
    () => undefined,
    (error: Error) => {
      const [last = ""] = error.message.trim().split("\n").slice(-1);
      return last.replace(/^Error response from daemon: /, "");
    },
  );
}

/** Names of the volumes on a host that copies of services have each for themselves. */
export async function replicaVolumes(settings: Settings, host: HostSettings): Promise<string[]> {
  const { stack } = settings;
  const wanted = volumesOn(settings, host)
    .filter(({ volume }) => volume.perReplica)
    .map(({ volume: { of, name } }) => ({ stack, service: of, volume: name }));
  if (wanted.length === 0) return [];
  const filters = Object.entries(labels({ stack, host: host.key, role: "volumes" })).flatMap(
    ([label, value]) => ["--filter", `label=${label}=${value}`],
  );
  const names = (await ask(host.docker, "volume", "ls", "--format", "{{.Name}}", ...filters)).split("\n");
  return names.filter((name) => wanted.some((of) => replicaOf(name, of) !== undefined)).sort();
}
