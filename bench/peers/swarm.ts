import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../harness/engine/lab.ts";
import { within } from "../../harness/wait.ts";
import type { Peer } from "../peers.ts";
import { probe } from "./probe.ts";
import { traefikLabels, traefikSwarmArgs } from "./traefik.ts";

const NETWORK = "apps";
const WEB = "web";
const PORT = 21_092;
/** What VXLAN adds to each packet, in bytes. */
const VXLAN = 50;

/** The application as a service of a plain Docker Swarm over all hosts of a lab, all of them managers, with Traefik on each. */
export class Swarm {
  readonly #lab: Lab;
  readonly #traefik: Peer;
  readonly #image: string;
  readonly #folder: string;

  /** The image is to be on all hosts already. */
  constructor(lab: Lab, traefik: Peer, image: string, folder: string) {
    this.#lab = lab;
    this.#traefik = traefik;
    this.#image = image;
    this.#folder = folder;
  }

  /** What Traefik on a host answers at. */
  urlOf(key: string): string {
    return `http://${this.#lab.host(key).address}:${PORT}/`;
  }

  /** Joins the hosts and has so many copies made; returns when that is under way. */
  async up(replicas: number, heartbeat: string): Promise<void> {
    await this.#join(heartbeat);
    const { mtu } = this.#first.network;
    await this.#docker(
      ...["network", "create", "--driver", "overlay"],
      ...["--opt", `com.docker.network.driver.mtu=${mtu - VXLAN}`, NETWORK],
    );
    await this.#service("traefik", [
      ...["--mode", "global", "--publish", `mode=host,target=8080,published=${PORT}`],
      ...this.#mounts().flatMap((mount) => ["--mount", mount]),
      ...["debian:trixie-slim", "traefik", ...traefikSwarmArgs(NETWORK)],
    ]);
    await this.#service(WEB, [
      ...["--replicas", String(replicas)],
      // Otherwise an update ends a copy before it starts the next.
      ...["--update-order", "start-first", "--update-parallelism", "1", "--update-delay", "1s"],
      ...["--health-cmd", `bash -c "${probe}"`, "--health-interval", "1s", "--health-timeout", "5s"],
      ...["--env", "PORT=8000", "--env", "LOG_DIR=/tmp"],
      ...Object.entries(traefikLabels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
      this.#image,
    ]);
  }

  /** How many copies run on a host. */
  async copiesOn(key: string): Promise<number> {
    const filter = ["--filter", `label=com.docker.swarm.service.name=${WEB}`];
    return (await this.#lab.docker(key, "ps", "--quiet", ...filter)).split("\n").filter(Boolean).length;
  }

  /** Deals the copies out to all hosts, as evenly as a Swarm does; it does so by replacing all of them only. */
  async dealOut(): Promise<void> {
    await within(90, "all hosts are in the Swarm", async () => {
      const states = await this.#docker("node", "ls", "--format", "{{.Status}}");
      if (/Down|Unknown/.test(states)) throw new Error(states);
      await this.#docker("service", "update", "--detach", "--force", "--no-resolve-image", WEB);
    });
    await within(180, "the service is updated", async () => {
      const state = await this.#docker("service", "inspect", "--format", "{{.UpdateStatus.State}}", WEB);
      if (state.trim() !== "completed") throw new Error(state);
    });
  }

  /** Takes all of it away. */
  async down(): Promise<void> {
    // While they are still managed, so that all containers end.
    await this.#docker("service", "rm", WEB, "traefik");
    await within(60, "all containers of the Swarm have gone", async () => {
      const left = await Promise.all(
        this.#keys.map((key) => this.#lab.docker(key, "ps", "--all", "--quiet")),
      );
      if (left.some(Boolean)) throw new Error(left.join(""));
    });
    for (const key of this.#keys.toReversed()) await this.#lab.docker(key, "swarm", "leave", "--force");
  }

  async #join(heartbeat: string): Promise<void> {
    const [first, ...others] = this.#lab.hosts;
    if (first === undefined) throw new Error("A Swarm needs hosts.");
    await this.#docker(
      ...["swarm", "init", "--advertise-addr", first.address, "--dispatcher-heartbeat", heartbeat],
      ...["--default-addr-pool", "10.217.0.0/16", "--default-addr-pool-mask-length", "24"],
    );
    const token = (await this.#docker("swarm", "join-token", "--quiet", "manager")).trim();
    for (const { key, address } of others) {
      const how = ["--advertise-addr", address, "--token", token];
      await this.#lab.docker(key, "swarm", "join", ...how, `${first.address}:2377`);
    }
    // Each engine's socket lies elsewhere, and a service has the same mounts everywhere but for its node's id.
    mkdirSync(this.#folder, { recursive: true });
    for (const { key, daemon } of this.#lab.hosts) {
      const node = (await this.#lab.docker(key, "info", "--format", "{{.Swarm.NodeID}}")).trim();
      symlinkSync(join(daemon.folder, "docker.sock"), join(this.#folder, node));
    }
  }

  #mounts(): string[] {
    const source = join(this.#folder, "{{.Node.ID}}");
    return [
      `type=bind,readonly,source=${this.#traefik.program},target=/usr/local/bin/traefik`,
      `type=bind,readonly,source=${source},target=/var/run/docker.sock`,
    ];
  }

  /** Without virtual addresses, which would need IPVS in the kernel. */
  async #service(name: string, args: readonly string[]): Promise<void> {
    await this.#docker(
      ...["service", "create", "--detach", "--no-resolve-image", "--name", name, "--network", NETWORK],
      ...["--endpoint-mode", "dnsrr", "--restart-condition", "any", "--restart-delay", "500ms", ...args],
    );
  }

  get #keys(): string[] {
    return this.#lab.hosts.map(({ key }) => key);
  }

  get #first(): Lab["hosts"][number] {
    return this.#lab.host(this.#keys[0] ?? "");
  }

  #docker(...args: string[]): Promise<string> {
    return this.#lab.docker(this.#first.key, ...args);
  }
}
