import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../../harness/docker.ts";
import { get } from "../../harness/http.ts";
import { within } from "../../harness/wait.ts";
import { gateway } from "../deployment.ts";
import type { Peer } from "../peers.ts";

/** What a proxy is told of its surroundings. */
export interface Surroundings {
  /** Starts the container's name. */
  readonly name: string;
  /** Docker network of the servers, in which the proxy lives, too. */
  readonly network: string;
  /** For its configuration. */
  readonly folder: string;
}

/** Another balancer before the same servers: one container in the same network, its port published as flotilla's is. */
export abstract class PeerProxy {
  abstract readonly by: string;
  protected abstract readonly port: number;
  protected readonly surroundings: Surroundings;
  readonly #peer: Peer;

  constructor(peer: Peer, surroundings: Surroundings) {
    this.#peer = peer;
    this.surroundings = surroundings;
  }

  get url(): string {
    return `http://${gateway}:${this.port}/`;
  }

  /** Begins to serve. */
  async start(servers: readonly string[]): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    await this.configure(servers);
    const mounts = [
      `${this.#peer.program}:/usr/local/bin/${this.by}:ro`,
      `${this.folder}:/etc/${this.by}:ro`,
    ];
    await docker(
      ...["run", "--detach", "--name", this.container, "--network", this.surroundings.network],
      ...["--publish", `${this.port}:8080`],
      ...[...mounts, ...this.mounts].flatMap((mount) => ["--volume", mount]),
      ...["debian:trixie-slim", this.by, ...this.args],
    );
    await within(30, `${this.by} serves`, async () => {
      const { status } = await get(this.url);
      if (status !== 200) throw new Error(`status ${status}`);
    });
  }

  /** Takes notice of servers that came or went, in the way that its documentation recommends. */
  abstract follow(servers: readonly string[]): Promise<void>;

  async remove(): Promise<void> {
    await docker("rm", "--force", "--volumes", this.container);
  }

  /** Writes what it reads at its start. */
  protected abstract configure(servers: readonly string[]): Promise<void>;
  protected abstract readonly args: readonly string[];
  protected readonly mounts: readonly string[] = [];

  protected get container(): string {
    return `${this.surroundings.name}-${this.by}`;
  }

  protected get folder(): string {
    return join(this.surroundings.folder, this.by);
  }
}
