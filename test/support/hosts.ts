import { Provider } from "../../components/docker.ts";
import { DockerHost } from "../../components/docker-host.ts";
import { Images } from "../../components/images.ts";
import type { Settings } from "../../config/settings.ts";
import { providerArgs } from "../../lib/docker-endpoint.ts";
import type { HostsView } from "../../lib/images/hosts-view.ts";
import { planImages } from "../../lib/images/plan.ts";

/** Hosts that have every image, before a registry that nobody reaches. */
export const hostsWithAll: HostsView = {
  at: "2026-01-02T03:04:05.000Z",
  warnings: [],
  has: () => true,
  pinned: () => undefined,
};

/** The images of a stack; to be called inside of a program. */
export function stackImages(settings: Settings, view: HostsView = hostsWithAll): Images {
  return new Images("images", { ...settings, plans: planImages(settings, view) });
}

/** The hosts of a stack, each with its provider; to be called inside of a program. */
export function dockerHosts(settings: Settings, images = stackImages(settings)): DockerHost[] {
  return settings.hosts.map((host) => {
    const provider = new Provider(host.key, providerArgs(host.docker));
    return new DockerHost(host.key, { ...settings, host, provider, images });
  });
}
