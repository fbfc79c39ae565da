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
  "--providers.docker=true",
  "--providers.docker.exposedByDefault=false",
  `--providers.docker.network=${network}`,
  `--providers.docker.constraints=${containers}`,
  ...common,
];

/** The same with its provider for Swarm, which has no events to follow: it asks each second, not each 15 s as by default. */
export const traefikSwarmArgs = (network: string) => [
  "--providers.swarm=true",
  "--providers.swarm.exposedByDefault=false",
  `--providers.swarm.network=${network}`,
  "--providers.swarm.refreshSeconds=1s",
  ...common,
];

const common = [
  "--entrypoints.web.address=:8080",
  "--providers.providersThrottleDuration=100ms",
  "--serversTransport.maxIdleConnsPerHost=1024",
  "--serversTransport.forwardingTimeouts.dialTimeout=1s",
  "--experimental.fastProxy=true",
  "--log.level=ERROR",
  "--global.checkNewVersion=false",
  "--global.sendAnonymousUsage=false",
];

const balancer = "traefik.http.services.web.loadbalancer";

/** By which Traefik takes what listens at port 8000 for its one service: checked each 500 ms, and asked elsewhere when it fails. */
export const traefikLabels = {
  "traefik.enable": "true",
  "traefik.http.routers.web.rule": "PathPrefix(`/`)",
  "traefik.http.routers.web.middlewares": "again",
  "traefik.http.middlewares.again.retry.attempts": "4",
  [`${balancer}.server.port`]: "8000",
  [`${balancer}.healthcheck.path`]: "/health",
  [`${balancer}.healthcheck.interval`]: "500ms",
  [`${balancer}.healthcheck.timeout`]: "1s",
};
