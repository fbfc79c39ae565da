import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../../harness/docker.ts";
import { PeerProxy } from "./proxy.ts";

export class Caddy extends PeerProxy {
  override readonly by = "caddy";
  protected override readonly port = 21_091;
  protected override readonly args = ["run", "--config", "/etc/caddy/Caddyfile"];

  override async follow(servers: readonly string[]): Promise<void> {
    await this.configure(servers);
    await docker("exec", this.container, "caddy", "reload", "--config", "/etc/caddy/Caddyfile");
  }

  protected override async configure(servers: readonly string[]): Promise<void> {
    writeFileSync(join(this.folder, "Caddyfile"), caddyfile(servers));
  }
}

/**
 * Caddy as its documentation of `reverse_proxy` has it for several upstreams: active and passive health checks, another
 * try elsewhere, a pool of kept connections that the load does not outgrow. No access log, which is its default.
 */
export const caddyfile = (servers: readonly string[]) => `{
  auto_https off
  log {
    level ERROR
  }
}
:8080 {
  reverse_proxy ${servers.map((server) => `${server}:8000`).join(" ")} {
    lb_policy least_conn
    lb_try_duration 5s
    lb_try_interval 50ms
    health_uri /health
    health_interval 500ms
    health_timeout 1s
    fail_duration 2s
    transport http {
      dial_timeout 1s
      keepalive_idle_conns 1024
      keepalive_idle_conns_per_host 1024
    }
  }
}
`;
