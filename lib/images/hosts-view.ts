import type { HostSettings, RegistrySettings, Settings } from "../../config/settings.ts";
import { withDeadline } from "../../runtime/deadline.ts";
import { DockerEngine } from "../../runtime/docker.ts";
import type { Endpoint } from "../docker-endpoint.ts";
import { imageOwners } from "../jobs.ts";
import { digestOf } from "./tag-digest.ts";

/** Seconds that an engine gets to answer. */
const ANSWER = 30;

/** What the hosts and registries tell before anything changes. */
export interface HostsView {
  /** When they were asked, in ISO format. */
  readonly at: string;
  /** What could not be asked, in whole sentences. */
  readonly warnings: readonly string[];
  /** Whether the engine of a host has an image under that name. */
  has(host: string, reference: string): boolean;
  /** The ready-made image of a service or a job by host, with its digest; undefined where nobody could tell it. */
  pinned(owner: string): ReadonlyMap<string, string> | undefined;
}

/** Asks all hosts for their images, and the registries for the digests of ready-made ones, side by side. */
export async function lookAtHosts(settings: Settings): Promise<HostsView> {
  const { hosts, registry } = settings;
  const warnings: string[] = [];
  const images = Promise.all(hosts.map(async (host) => [host.key, await imagesOn(host)] as const));
  const pins = imageOwners(settings).map(async ({ kind, name, source, hosts: keys }) => {
    if (source.kind !== "image") return [name, undefined] as const;
    const wanted = hosts.filter(({ key }) => keys.includes(key));
    if (!source.pin || source.image.includes("@")) {
      return [name, new Map(wanted.map(({ key }) => [key, source.image]))] as const;
    }
    try {
      return [name, await pinnedOn(wanted, source.image, registry)] as const;
    } catch (error) {
      warnings.push(
        `${kind} ${name}: what ${source.image} stands for can't be looked up (${(error as Error).message}); it stays as it is. ` +
          `To have no tag looked up: pulumi config set --path flotilla:${kind}s.${name}.pin false`,
      );
      return [name, undefined] as const;
    }
  });
  const [there, pinned] = await Promise.all([images, Promise.all(pins)]);
  const byHost = new Map(there);
  const byOwner = new Map(pinned);
  return {
    at: new Date().toISOString(),
    warnings,
    has: (host, reference) => byHost.get(host)?.has(reference) ?? false,
    pinned: (owner) => byOwner.get(owner),
  };
}

async function imagesOn({ docker }: HostSettings): Promise<Set<string>> {
  const format = "{{.Repository}}:{{.Tag}}";
  const list = await withDeadline(ANSWER, () =>
    new DockerEngine(docker).docker("image", "ls", "--format", format),
  );
  return new Set(list.split("\n").filter(Boolean));
}

async function pinnedOn(
  hosts: readonly HostSettings[],
  image: string,
  registry: RegistrySettings | undefined,
): Promise<Map<string, string>> {
  const [digestFor, platforms] = await Promise.all([
    digestOf(image, registry),
    Promise.all(hosts.map(({ docker }) => platformOf(docker))),
  ]);
  return new Map(hosts.map(({ key }, index) => [key, `${image}@${digestFor(platforms[index] ?? "")}`]));
}

/** Such as "linux/amd64". */
async function platformOf(endpoint: Endpoint): Promise<string> {
  const format = "{{.Server.Os}}/{{.Server.Arch}}";
  const engine = new DockerEngine(endpoint);
  return (await withDeadline(ANSWER, () => engine.docker("version", "--format", format))).trim();
}
