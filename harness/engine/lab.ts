import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../runtime/program.ts";
import { runInfo } from "../run-info.ts";
import { Daemon } from "./daemon.ts";
import { createNamespace, drop, letThrough, removeNamespace } from "./namespace.ts";
import { powerOff } from "./sandbox.ts";

/** One of the hosts of a {@link Lab}. */
export interface LabHost {
  readonly key: string;
  /** Where the other hosts, and the tests, reach what it publishes. */
  readonly address: string;
  /** Its engine, which the tests reach whatever becomes of its cable. */
  readonly docker: string;
}

/**
 * Several Docker hosts, each with an engine and a network of its own, which reach each other by way of the tests' network.
 * Their cables can be cut, and their power. What is dropped on the way is dropped silently, as by a machine that is gone.
 */
export class Lab {
  readonly hosts: readonly LabHost[];
  readonly #daemons: ReadonlyMap<string, Daemon>;

  private constructor(machines: readonly { host: LabHost; daemon: Daemon }[]) {
    this.hosts = machines.map(({ host }) => host);
    this.#daemons = new Map(machines.map(({ host, daemon }) => [host.key, daemon]));
  }

  /** Starts hosts with these keys, which are of one letter. */
  static async start(...keys: readonly string[]): Promise<Lab> {
    const { folder: parent, namespace: own = "" } = runInfo();
    const machines = keys.map((key) => {
      const folder = join(parent, key);
      mkdirSync(folder);
      const namespace = `${own}-${key}`;
      const { mtu, guest: address } = createNamespace(namespace, cableOf(key));
      const daemon = new Daemon(folder, namespace);
      daemon.configure(mtu);
      return { host: { key, address, docker: daemon.host }, daemon };
    });
    const lab = new Lab(machines);
    await Promise.all(machines.map(({ daemon }) => daemon.start()));
    return lab;
  }

  host(key: string): LabHost {
    const host = this.hosts.find((host) => host.key === key);
    if (host === undefined) throw new Error(`the lab has no host ${key}`);
    return host;
  }

  /** Runs the docker client on a host itself. */
  docker(key: string, ...args: string[]): Promise<string> {
    return run("docker", ["-H", this.host(key).docker, ...args]);
  }

  /** Has all hosts hold images that the run's own engine has. */
  async take(images: readonly string[]): Promise<void> {
    for (const { docker } of this.hosts)
      await run("sh", ["-c", `docker save ${images.join(" ")} | docker -H ${docker} load`]);
  }

  /** Pulls a host's cable: nobody reaches it any more, and it nobody. */
  cut(key: string): void {
    const { address } = this.host(key);
    const sides = [
      ["FORWARD", "-s"],
      ["FORWARD", "-d"],
      ["INPUT", "-s"],
      ["OUTPUT", "-d"],
    ];
    drop(`cut-${key}`, ...sides.map((side) => [...side, address]));
  }

  /** Takes the link between two hosts; others reach both. */
  part(a: string, b: string): void {
    const [from, to] = [this.host(a).address, this.host(b).address];
    drop(`part-${a}-${b}`, ["FORWARD", "-s", from, "-d", to], ["FORWARD", "-s", to, "-d", from]);
  }

  /** Everybody reaches everybody again. */
  heal(): void {
    for (const { key } of this.hosts) {
      letThrough(`cut-${key}`);
      for (const { key: other } of this.hosts) letThrough(`part-${key}-${other}`);
    }
  }

  /** Takes a host's power: its cable is silent, and all that runs there ends at once. */
  die(key: string): void {
    this.cut(key);
    powerOff(this.#daemon(key));
  }

  /** Gives it back its power. */
  async revive(key: string): Promise<void> {
    letThrough(`cut-${key}`);
    await this.#daemon(key).start();
  }

  /** Ends everything. What is left then goes with the run. */
  async stop(): Promise<void> {
    this.heal();
    for (const { key } of this.hosts) {
      const daemon = this.#daemon(key);
      await daemon.stop().catch(() => powerOff(daemon));
      removeNamespace(daemon.namespace, cableOf(key));
    }
  }

  #daemon(key: string): Daemon {
    const daemon = this.#daemons.get(key);
    if (daemon === undefined) throw new Error(`the lab has no host ${key}`);
    return daemon;
  }
}

const cableOf = (key: string) => `${process.pid}${key}`;
