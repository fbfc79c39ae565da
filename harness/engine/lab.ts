import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../runtime/program.ts";
import { runInfo } from "../run-info.ts";
import { Daemon } from "./daemon.ts";
import { createNamespace, ip, iptables, type Namespace, removeNamespace } from "./namespace.ts";
import { removeFolder } from "./remains.ts";

/** What packets a rule is about. */
type Packets = readonly string[];

/** One of the Docker hosts of a lab. */
export class LabHost {
  readonly key: string;
  readonly daemon: Daemon;
  /** How its network hangs off the tests' own. */
  network: Namespace;
  dead = false;

  constructor(key: string) {
    const { folder, namespace } = runInfo();
    if (namespace === undefined) throw new Error("Only a run with a network of its own has room for a lab.");
    this.key = key;
    this.network = createNamespace(`${namespace}-${key}`);
    this.daemon = new Daemon(join(folder, key), this.network.name);
    mkdirSync(this.daemon.folder);
    this.daemon.configure(this.network.mtu);
  }

  /** Where the tests and the other hosts reach what it publishes. */
  get address(): string {
    return this.network.guest;
  }

  /** Endpoint of its engine; that answers the tests also while nobody reaches the host's address. */
  get docker(): string {
    return this.daemon.host;
  }
}

/**
 * Docker hosts, each with an engine, a network and an address of its own, that can be cut off and die. What goes between
 * them passes through the network of the tests, which must be that of a run with an engine of its own.
 */
export class Lab {
  readonly hosts: readonly LabHost[];
  /** What is dropped, by the names of the hosts. */
  readonly #dropped = new Map<string, Packets[]>();

  private constructor(keys: readonly string[]) {
    // A network that is not plugged in is not looked for outside.
    ip("route", "replace", "unreachable", "10.212.0.0/16");
    this.hosts = keys.map((key) => new LabHost(key));
  }

  static async start(keys: readonly string[], signal?: AbortSignal): Promise<Lab> {
    const lab = new Lab(keys);
    await Promise.all(lab.hosts.map(({ daemon }) => daemon.start(signal)));
    return lab;
  }

  host(key: string): LabHost {
    const host = this.hosts.find((host) => host.key === key);
    if (host === undefined) throw new Error(`The lab has no host ${key}.`);
    return host;
  }

  /** Runs the docker client on a host. */
  docker(key: string, ...args: string[]): Promise<string> {
    return run("docker", ["-H", this.host(key).docker, ...args]);
  }

  /** Has every host hold images that the run's own engine has. */
  async take(images: readonly string[]): Promise<void> {
    const { folder, dockerHost } = runInfo();
    const file = join(folder, "images.tar");
    try {
      await run("docker", ["-H", dockerHost, "save", "--output", file, ...images]);
      await Promise.all(this.hosts.map(({ key }) => this.docker(key, "load", "--quiet", "--input", file)));
    } finally {
      rmSync(file, { force: true });
    }
  }

  /** Has all that goes to or from a host vanish, as with a cable that is unplugged behind the switch: nobody is told. */
  cut(key: string): void {
    const { cable } = this.host(key).network;
    this.#drop(key, ["PREROUTING", "-i", cable], ["POSTROUTING", "-o", cable]);
  }

  heal(key: string): void {
    this.#pass(key);
  }

  /** Has all vanish that goes from one host to the other; the tests reach both. */
  part(a: string, b: string): void {
    const [one, other] = [a, b].map((key) => this.host(key).network.cable) as [string, string];
    this.#drop(pair(a, b), ["FORWARD", "-i", one, "-o", other], ["FORWARD", "-i", other, "-o", one]);
  }

  join(a: string, b: string): void {
    this.#pass(pair(a, b));
  }

  /** Has the power of a host go: nobody reaches it, and nothing runs there any more. */
  async die(key: string): Promise<void> {
    const host = this.host(key);
    host.dead = true;
    this.cut(key);
    await host.daemon.die();
    // What the kernel knew of its network is gone too: bridges, firewall, connections.
    const { name, range } = host.network;
    removeNamespace(name);
    host.network = createNamespace(name, range);
  }

  /** Has the power come back; its engine starts what it was told to keep running. */
  async revive(key: string, signal?: AbortSignal): Promise<void> {
    const host = this.host(key);
    this.heal(key);
    if (!host.dead) return;
    await host.daemon.start(signal);
    host.dead = false;
  }

  /** Has every host run, and reach every other. */
  async healAll(): Promise<void> {
    for (const what of [...this.#dropped.keys()]) this.#pass(what);
    await Promise.all(this.hosts.map(({ key }) => this.revive(key)));
  }

  /** Takes all of it away, in whatever state it is. */
  async stop(): Promise<void> {
    for (const what of [...this.#dropped.keys()]) this.#pass(what);
    await Promise.all(this.hosts.map(({ daemon }) => daemon.die()));
    for (const { daemon } of this.hosts) {
      removeNamespace(daemon.namespace);
      await removeFolder(daemon.folder);
    }
  }

  // In a table of their own: Docker puts rules before others' in that of the usual filters.
  #drop(what: string, ...rules: Packets[]): void {
    if (this.#dropped.has(what)) return;
    for (const rule of rules) iptables("-t", "mangle", "-A", ...rule, "-j", "DROP");
    this.#dropped.set(what, rules);
  }

  #pass(what: string): void {
    for (const rule of this.#dropped.get(what) ?? []) iptables("-t", "mangle", "-D", ...rule, "-j", "DROP");
    this.#dropped.delete(what);
  }
}

const pair = (a: string, b: string) => [a, b].sort().join(" and ");
