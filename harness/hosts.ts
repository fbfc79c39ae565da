import { baseImages } from "../lib/base-images.ts";
import { ownImages } from "../lib/images/own-images.ts";
import { imageName, imageRepository } from "../lib/names.ts";
import { run } from "../runtime/program.ts";
import { type Container, containers, docker, type Role, shortIds } from "./docker.ts";
import { Lab } from "./engine/lab.ts";
import { type Config, Fleet, whoAnswers } from "./fleet.ts";
import type { Load } from "./load/load.ts";
import { atEach, everyMethod, unhurried } from "./load/plan.ts";
import type { Failure } from "./load/samples.ts";
import { underLoad } from "./load/under-load.ts";

/** The application's image on the run's own engine, on which it is built in no time elsewhere. It has Python. */
export const applicationBase = "application-base";

/** Milliseconds in which whoever is there has had time for a request: longer than slow answers take. */
const PATIENCE = 6000;

/** A stack over all hosts of a lab, and what each of them shows of it. */
export class Hosts {
  readonly lab: Lab;
  readonly fleet: Fleet;

  private constructor(lab: Lab, fleet: Fleet) {
    this.lab = lab;
    this.fleet = fleet;
  }

  /** Hosts with what images are built from, and a stack whose config, edited, is for them; nothing of it is up. */
  static async start(keys: readonly string[], edit?: (config: Config) => void): Promise<Hosts> {
    const lab = await Lab.start(keys);
    const fleet = Fleet.onHosts(lab.hosts, edit);
    await fleet.create();
    // Hosts that are new have nothing of what another lab's had.
    await fleet.stack.forget();
    await docker("build", "--quiet", "--tag", applicationBase, fleet.application.folder);
    fleet.application.buildOn(applicationBase);
    const images = [applicationBase, ...Object.values(baseImages), ...(await imagesToHand(fleet.name))];
    await lab.take(images);
    return new Hosts(lab, fleet);
  }

  get keys(): string[] {
    return this.lab.hosts.map(({ key }) => key);
  }

  /** What the balancers of a host answer at. */
  urlOf(key: string): string {
    return `http://${this.lab.host(key).address}:${this.fleet.config.loadBalancers.port}/`;
  }

  containers(key: string, role?: Role): Promise<Container[]> {
    return containers(this.fleet.name, role, undefined, this.lab.host(key).docker);
  }

  /** The copies of a service on some hosts, as they know themselves. */
  async copies(keys: readonly string[], service = this.fleet.service): Promise<string[]> {
    const { name } = this.fleet;
    const on = (key: string) => containers(name, "server", service, this.lab.host(key).docker);
    const each = await Promise.all(keys.map(on));
    return shortIds(each.flat().filter(({ State }) => State.Running));
  }

  /**
   * The copies that answer at a host's balancers. Where some that are expected don't, they are asked again for a while: one
   * that is busy with slow answers, as load asks for, gets nothing else while others are idle.
   */
  async answering(key: string, expected: readonly string[] = []): Promise<string[]> {
    const seen = new Set<string>();
    const end = performance.now() + PATIENCE;
    do {
      for (const copy of Object.keys(await whoAnswers(this.urlOf(key), 150))) seen.add(copy);
    } while (expected.some((copy) => !seen.has(copy)) && performance.now() < end);
    return [...seen].sort();
  }

  /** The hosts that are configured, by their data centres. */
  get dataCentres(): string[][] {
    const { hosts } = this.fleet.config;
    return [...Map.groupBy(Object.keys(hosts), (key) => hosts[key]?.datacenter ?? "dc1").values()];
  }

  /**
   * That at each host all copies in its data centre answer, and no others; where that has none, all of those in the other
   * ones.
   */
  async reachTheirOwn(): Promise<void> {
    const { dataCentres } = this;
    for (const at of dataCentres) {
      const hasOwn = (await this.copies(at)).length > 0;
      await this.reach(hasOwn ? at : dataCentres.flat().filter((key) => !at.includes(key)), at);
    }
  }

  /** That at each of some hosts all copies of all of them answer, and no others. */
  reachEachOther(...keys: string[]): Promise<void> {
    return this.reach(keys, keys);
  }

  /** That at each of some hosts all copies on some answer, and no others. */
  async reach(on: readonly string[], at: readonly string[]): Promise<void> {
    const wanted = await this.copies(on);
    const look = async (key: string) => {
      const seen = await this.answering(key, wanted);
      if (seen.join() !== wanted.join()) throw new Error(`at ${key} answer ${seen}, not ${wanted}`);
    };
    await Promise.all(at.map(look));
  }

  /** What fails, less what is excused, of what strict clients at some hosts ask for while something is done. */
  async failuresAt(
    keys: readonly string[],
    work: (load: Load) => Promise<unknown>,
    isExcused: (failure: Failure) => boolean = () => false,
  ): Promise<Failure[]> {
    const places = Object.fromEntries(keys.map((key) => [key, this.urlOf(key)]));
    const plan = { ...unhurried(atEach(places, everyMethod), 4), sockets: 0 };
    const { samples } = await underLoad(plan, work);
    if (samples.requests <= 100) throw new Error(`there were but ${samples.requests} requests`);
    return samples.failures.filter((failure) => !isExcused(failure));
  }

  /** Kills the processes of a host's containers as a crash would; gives the containers. */
  async crash(key: string, role: Role): Promise<Container[]> {
    const victims = await this.containers(key, role);
    if (victims.length === 0) throw new Error(`there is no ${role} on ${key}`);
    for (const { State } of victims) process.kill(State.Pid, "SIGKILL");
    return victims;
  }

  /** Runs Consul's client in a server of a host, with the management token. */
  async consul(key: string, ...args: string[]): Promise<string> {
    const [server] = await this.containers(key, "consul");
    if (server === undefined) throw new Error(`there is no Consul server on ${key}`);
    const { consulToken } = await this.fleet.outputs();
    const token = ["--env", `CONSUL_HTTP_TOKEN=${consulToken}`];
    return this.lab.docker(key, "exec", ...token, server.Id, "consul", ...args);
  }

  /** Does what `pulumi up` says to do about hosts that were left behind; gives how many things that were. */
  async clearLeftovers(output: string): Promise<number> {
    const advice = [...output.matchAll(/while it was dead: (docker .*)$/gm)].flatMap(
      ([, command]) => command ?? [],
    );
    for (const command of advice) await run("sh", ["-c", command]);
    return advice.length;
  }

  /** The host of Consul's leader, as a server on another one knows it. */
  async leader(): Promise<string> {
    const [entry = ""] = this.keys;
    const [, leader] =
      /^(\S+) .* leader /m.exec(await this.consul(entry, "operator", "raft", "list-peers")) ?? [];
    for (const key of this.keys) {
      const servers = await this.containers(key, "consul");
      if (servers.some(({ Name }) => Name === leader)) return key;
    }
    throw new Error(`no host has Consul's leader ${leader}`);
  }

  /** What a host's balancers have logged since a moment, each by itself. */
  async balancerLogs(key: string, since: Date): Promise<string[]> {
    const balancers = await this.containers(key, "balancer");
    const logs = ({ Id }: Container) => this.lab.docker(key, "logs", "--since", since.toISOString(), Id);
    return Promise.all(balancers.map(logs));
  }
}

/** Images of ours that other stacks of the run have, named for this one as well: their tags are what they are made of. */
async function imagesToHand(stack: string): Promise<string[]> {
  const all = (await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).split("\n");
  const ours = new Map<string, string>();
  for (const image of all) {
    const role = ownImages.find((role) => image.includes(`--${role}:`));
    if (role) ours.set(`${imageRepository(imageName(stack, role))}:${image.split(":").at(-1)}`, image);
  }
  for (const [name, image] of ours) await docker("tag", image, name);
  return [...ours.keys()];
}
