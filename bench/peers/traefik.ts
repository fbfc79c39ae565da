import { runInfo } from "../../harness/run-info.ts";
import { PeerProxy } from "./proxy.ts";

/** Follows Docker's events; how it reaches the servers stands on their image, see bench/origin/Dockerfile. */
export class Traefik extends PeerProxy {
  override readonly by = "traefik";
  protected override readonly port = 21_092;
  protected override readonly mounts = traefikMounts();

  protected override get args(): readonly string[] {
    const { network } = this.surroundings;
    return traefikArgs(
      network,
      `Label(\`flotilla.stack\`,\`${network}\`) || Label(\`bench.stack\`,\`${network}\`)`,
    );
  }

  override async follow(): Promise<void> {}
  protected override async configure(): Promise<void> {}
}

/** The engine's socket, by which Traefik hears of containers. */
export const traefikMounts = () => [`${runInfo().dockerHost.replace("unix://", "")}:/var/run/docker.sock:ro`];

/**
 * Traefik with its Docker provider, its own fast proxy for HTTP/1.1, and a pool of kept connections that the load does
 * not outgrow. No access log, which is its default.
 */
export const traefikArgs = (network: string, containers: string) => [
  "--entrypoints.web.address=:8080",
  "--providers.docker=true",
  "--providers.docker.exposedByDefault=false",
  `--providers.docker.network=${network}`,
  `--providers.docker.constraints=${containers}`,
  "--providers.providersThrottleDuration=100ms",
  "--serversTransport.maxIdleConnsPerHost=1024",
  "--serversTransport.forwardingTimeouts.dialTimeout=1s",
  "--experimental.fastProxy=true",
  "--log.level=ERROR",
  "--global.checkNewVersion=false",
  "--global.sendAnonymousUsage=false",
];
