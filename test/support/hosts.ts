import { Provider } from "../../components/docker.ts";
import { DockerHost } from "../../components/docker-host.ts";
import type { Settings } from "../../config/settings.ts";

/** The hosts of a stack, each with its provider; to be called inside of a program. */
export function dockerHosts(settings: Settings): DockerHost[] {
  return settings.hosts.map((host) => {
    const provider = new Provider(host.key, { host: host.docker });
    return new DockerHost(host.key, { ...settings, host, provider });
  });
}
