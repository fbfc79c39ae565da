import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { docker } from "../../harness/docker.ts";
import { run } from "../../runtime/program.ts";
import type { Peer } from "../peers.ts";
import { probe } from "./probe.ts";
import { traefikArgs, traefikLabels, traefikMounts } from "./traefik.ts";

/**
 * The same application as a `docker compose` project, scaled by `deploy.replicas`, with Traefik before it, which follows
 * Docker's events, checks the copies and tries elsewhere. Nothing else of what flotilla brings up is there.
 */
export class Compose {
  readonly url = "http://10.216.0.1:21093/";
  readonly #peers: { readonly compose: Peer; readonly traefik: Peer };
  readonly #name: string;
  readonly #folder: string;
  readonly #context: string;

  constructor(
    peers: { readonly compose: Peer; readonly traefik: Peer },
    { name, folder, context }: { name: string; folder: string; context: string },
  ) {
    this.#peers = peers;
    this.#name = `${name}-compose`;
    this.#folder = join(folder, "compose");
    this.#context = context;
  }

  /** Builds the image and brings so many copies up; returns when they pass their check, as `pulumi up` does. */
  async up(replicas: number): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(this.#file, stringify(this.#project(replicas)));
    // With the plain builder, which flotilla uses, too.
    await docker("build", "--quiet", "--tag", this.#image, this.#context);
    await this.#compose("up", "--detach", "--wait", "--wait-timeout", "120");
  }

  async down(): Promise<void> {
    if (this.#written) await this.#compose("down", "--volumes", "--timeout", "10");
  }

  #written = false;

  #compose(...args: string[]): Promise<string> {
    this.#written = true;
    return run(this.#peers.compose.program, ["--file", this.#file, "--progress", "quiet", ...args]);
  }

  get #file(): string {
    return join(this.#folder, "compose.yaml");
  }

  get #image(): string {
    return `flotilla/${this.#name}-web`;
  }

  #project(replicas: number): object {
    return {
      name: this.#name,
      networks: { default: { name: this.#name, ipam: { config: [{ subnet: "10.216.0.0/22" }] } } },
      services: {
        traefik: {
          image: "debian:trixie-slim",
          command: [
            "traefik",
            ...traefikArgs(this.#name, `Label(\`com.docker.compose.project\`,\`${this.#name}\`)`),
          ],
          volumes: [`${this.#peers.traefik.program}:/usr/local/bin/traefik:ro`, ...traefikMounts()],
          ports: ["21093:8080"],
          restart: "always",
        },
        web: {
          image: this.#image,
          environment: { PORT: "8000", LOG_DIR: "/tmp" },
          deploy: { replicas },
          restart: "always",
          healthcheck: { test: ["CMD", "bash", "-c", probe], interval: "1s", timeout: "5s", retries: 30 },
          labels: traefikLabels,
        },
      },
    };
  }
}
