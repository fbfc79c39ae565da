import { diagnosticsOf } from "../harness/diagnostics.ts";
import { type Container, docker, names } from "../harness/docker.ts";
import type { Config, Fleet } from "../harness/fleet.ts";
import type { Hosts } from "../harness/hosts.ts";
import { type Answer, get } from "../harness/http.ts";
import { Load } from "../harness/load/load.ts";
import type { Plan } from "../harness/load/plan.ts";
import type { Failure } from "../harness/load/samples.ts";
import { within } from "../harness/wait.ts";
import type { Ground } from "./grounds.ts";
import type { Live } from "./live.ts";
import { partOf } from "./part.ts";
import type { Mode } from "./play.ts";
import { rowText } from "./report/report.ts";
import type { Row } from "./walk.ts";

/** Something that was done, on the load's clock. */
export interface Event {
  /** Seconds since the load began. */
  readonly at: number;
  readonly text: string;
}

/** What is allowed to fail, and why. */
interface Allowance {
  readonly why: string;
  readonly covers: (failure: Failure, receipts: ReadonlyMap<string, number>) => boolean;
}

/** Seconds after which nothing is waited for any more, whatever the bar. */
const PATIENCE = 120;
/** Seconds that a stack has to be whole after whatever it was: Consul's leader looks after its members once a minute. */
export const WHOLE = 90;
/** Seconds after which a stack that `up` is done with, and that is not whole, had better be made anew. */
const MENDED = 30;
/** By how much the short form, which runs on busy machines, is more patient with times. Counts it takes as strictly. */
const LENIENCE = 5;

/** Where a scenario plays: the fleet, the load on it, and the book of what was seen. */
export class Stage {
  readonly fleet: Fleet;
  readonly #hosts: Hosts | undefined;
  /** Whether the short form is wanted: less load, shorter waits, the same claims. */
  readonly short: boolean;
  readonly #mode: Pick<Mode, "part" | "step">;
  load: Load;
  readonly events: Event[] = [];
  readonly shortfalls: string[] = [];
  /** Measured on the way and worth telling. */
  readonly notes: string[] = [];
  /** What came of each step of a walk. */
  readonly rows: Row[] = [];
  /** Seconds until all was back, the longest of them. */
  recovery: number | undefined;
  readonly #allowances: Allowance[] = [];
  readonly #say: Live["say"];
  readonly #watch: Live["watch"];

  constructor(
    { fleet, hosts }: Pick<Ground, "fleet" | "hosts">,
    load: Load,
    mode: Pick<Mode, "short" | "part" | "step">,
    live: Pick<Live, "say" | "watch">,
  ) {
    this.fleet = fleet;
    this.#hosts = hosts;
    this.load = load;
    this.short = mode.short;
    this.#mode = mode;
    this.#say = live.say;
    this.#watch = live.watch;
  }

  /** The hosts, where the scenario needs several. */
  get hosts(): Hosts {
    if (this.#hosts === undefined) throw new Error("only a scenario that needs hosts has several");
    return this.#hosts;
  }

  /** Does something, and marks the moment. */
  async act<T>(text: string, action: () => Promise<T>): Promise<T> {
    this.events.push({ at: this.load.seconds, text });
    this.#say(text);
    return action();
  }

  /** Has other clients in the place of those that there are, and the clock begin anew. */
  async changeLoad(plan: Plan): Promise<Load> {
    const before = this.load;
    await before.stop();
    this.load = new Load(plan);
    this.events.length = 0;
    this.#watch(this.load);
    return before;
  }

  /** An act of which all containers but those that it is `about` are to take no notice. */
  async actOn<T>(
    about: (container: Container) => boolean,
    text: string,
    action: () => Promise<T>,
  ): Promise<T> {
    const others = async () => {
      const all = await this.fleet.containers();
      return all.flatMap((container) => (about(container) ? [] : container.Id)).join();
    };
    const before = await others();
    const result = await this.act(text, action);
    this.expect(`${text}: everything else is left alone`, (await others()) === before);
    return result;
  }

  /** By how much bars on times are multiplied. */
  get lenience(): number {
    return this.short ? LENIENCE : 1;
  }

  /** Those of a walk's steps that are to be taken. */
  chosen<T extends { readonly what: string }>(steps: readonly T[]): T[] {
    const { part, step = "" } = this.#mode;
    return partOf(steps, part).filter(({ what }) => what.includes(step));
  }

  /** Keeps what came of a step. */
  addRow(row: Row): void {
    this.rows.push(row);
    this.shortfalls.push(...row.shortfalls.map((shortfall) => `${row.what}: ${shortfall}`));
    this.#say(rowText(row));
  }

  /** A claim that must hold. */
  expect(claim: string, holds: boolean, seen?: unknown): void {
    if (holds) return;
    this.shortfalls.push(`not so: ${claim}${seen === undefined ? "" : `, but ${shown(seen)}`}`);
  }

  /** Waits until `look` no longer throws, which is to be within so many seconds from now. */
  async back(what: string, seconds: number, look: () => Promise<void>): Promise<void> {
    const start = this.load.seconds;
    try {
      await within(PATIENCE, what, look);
    } catch (error) {
      this.shortfalls.push((error as Error).message.replaceAll("\n", " "));
      return;
    }
    const took = this.load.seconds - start;
    this.recovery = Math.max(this.recovery ?? 0, took);
    this.notes.push(`${what}: after ${took.toFixed(1)} s`);
    const limit = seconds * this.lenience;
    if (took > limit) this.shortfalls.push(`${what}: after ${took.toFixed(1)} s, more than ${limit} s`);
  }

  /** Lets failures be that can't be helped. */
  allow(why: string, covers: Allowance["covers"]): void {
    this.#allowances.push({ why, covers });
  }

  /** Lets failures be from now on, until what it gives is called: of those, all that `covers` does. */
  allowFromNow(why: string, covers: (failure: Failure) => boolean = () => true): () => void {
    const from = this.load.seconds;
    let to = Number.POSITIVE_INFINITY;
    this.allow(why, (failure) => failure.end >= from && failure.start <= to && covers(failure));
    return () => {
      to = this.load.seconds;
    };
  }

  /**
   * A server that ends at once takes along what had been sent to it: the balancer can't tell whether it was begun or lay
   * unread. It says so with a 502, or, on a connection that has carried requests before, by hanging up. What may be asked
   * for again is; any other such request, and only that, may fail.
   */
  allowSentPosts(): void {
    const unanswered = ({ status, servedBy, reason }: Failure) =>
      status === undefined ? /hang up/.test(reason) : status === 502 && !servedBy;
    this.allow(
      "a POST that had been sent to a server when it was killed",
      (failure, receipts) =>
        failure.method === "POST" && unanswered(failure) && (receipts.get(failure.id ?? "") ?? 0) <= 1,
    );
  }

  /** Why a failure is allowed, if it is. */
  excuseFor(failure: Failure, receipts: ReadonlyMap<string, number>): string | undefined {
    return this.#allowances.find(({ covers }) => covers(failure, receipts))?.why;
  }

  /** What the shared port and each balancer's own one answer. */
  ask(balancers = this.fleet.size.balancers): Promise<Answer[]> {
    const own = Array.from({ length: balancers }, (_, index) => this.fleet.balancerUrl(index + 1));
    return Promise.all([this.fleet.url, ...own].map((url) => get(url)));
  }

  /** That all of them answer as they should. */
  async allAnswer(balancers?: number): Promise<void> {
    const statuses = (await this.ask(balancers)).map(({ status }) => status);
    if (statuses.some((status) => status !== 200)) throw new Error(`the ports answer ${statuses.join(", ")}`);
  }

  /** That every balancer sends requests to just so many servers of a service. */
  async allServersUp(count = this.fleet.size.servers, service = this.fleet.service): Promise<void> {
    const balancers = (await this.fleet.containers("balancer")).filter(({ State }) => State.Running);
    if (balancers.length === 0) throw new Error("no balancer runs");
    for (let number = 1; number <= balancers.length; number++) {
      const states = Object.values(await this.fleet.serversSeenBy(number, service));
      const up = states.filter((state) => state === "UP").length;
      if (up !== count || states.length !== count)
        throw new Error(`balancer ${number}: ${states.join(", ")}`);
    }
  }

  /** That a container runs again, as the same one. */
  async isBack({ Id, Name, State }: Container): Promise<void> {
    const now = (await this.fleet.containers()).find((container) => container.Id === Id);
    if (!now?.State.Running) throw new Error(`${Name} is ${now?.State.Status ?? "gone"}`);
    if (now.State.StartedAt === State.StartedAt) throw new Error(`${Name} still runs`);
  }

  /** That no request has failed for so many seconds: what answers now may be about to be started once more. */
  async calmFor(seconds: number): Promise<void> {
    const last = Math.max(0, ...this.load.samples.failures.map(({ end }) => end));
    if (this.load.seconds - last < seconds) throw new Error("requests still fail");
  }

  /** That Consul has all its members, a leader, every server's vote, and every registration passing. */
  async consulIsWhole(servers = this.fleet.size.consul, instances = this.fleet.size.servers): Promise<void> {
    const consul = await this.fleet.consul();
    const voters = await consul.voters();
    if (voters.length !== servers) throw new Error(`${voters.length} Consul servers vote`);
    const alive = await consul.alive();
    if (alive.length !== servers + 1) throw new Error(`Consul's members: ${alive.join(", ")}`);
    const passing = await consul.passing(this.fleet.service);
    if (passing.length !== instances) throw new Error(`${passing.length} instances pass in the catalogue`);
    await consul.put("/v1/kv/drill/written", String(this.load.seconds));
  }

  /** That all is there which the config asks for, and does its work. */
  async isWhole(): Promise<void> {
    const { services, loadBalancers, consul } = this.fleet.config;
    const all = await this.fleet.containers();
    const roleOf = ({ Config }: Container) => Config.Labels["flotilla.role"];
    const down = all.filter((container) => !container.State.Running && roleOf(container) !== "volumes");
    if (down.length > 0) throw new Error(`not running: ${names(down).join(", ")}`);
    const wanted = {
      balancer: loadBalancers.count,
      consul: consul.servers,
      server: Object.values(services).reduce((sum, { replicas }) => sum + replicas, 0),
      agent: 1,
      front: 1,
      warden: 1,
      keeper: 1,
    };
    for (const [role, number] of Object.entries(wanted)) {
      const found = all.filter((container) => roleOf(container) === role);
      if (found.length !== number) throw new Error(`${role}: ${found.length} of ${number} containers`);
    }
    await this.allAnswer(loadBalancers.count);
    for (const [service, { replicas, port }] of Object.entries(services))
      if (port !== undefined) await this.allServersUp(replicas, service);
    await this.consulIsWhole(consul.servers, services[this.fleet.service]?.replicas);
  }

  /**
   * Brings the drill's own stack back to a config and the start's code, whatever has become of it; if need be, by making
   * it anew.
   */
  async putInOrder(config: Config): Promise<void> {
    const { fleet } = this;
    fleet.application.restore();
    fleet.stack.config = config;
    const whole = (seconds: number) => within(seconds, "the stack is whole", () => this.isWhole());
    try {
      await fleet.stack.run("up", "--refresh");
      await whole(MENDED);
    } catch {
      this.#say("making the stack anew");
      await fleet.remake();
      await whole(WHOLE);
    }
  }

  servers(): Promise<Container[]> {
    return this.fleet.servers();
  }

  /** Makes a server ill in the way that the drill's application knows; without a kind, well. */
  async ail({ Id }: Container, kind?: "slow" | "500"): Promise<void> {
    const command = kind ? `echo ${kind} >/tmp/fault` : "rm -f /tmp/fault";
    await docker("exec", Id, "sh", "-c", command);
  }
}

/** What was seen, for people: of what Pulumi printed, what went wrong. */
function shown(seen: unknown): string {
  return typeof seen === "string" ? diagnosticsOf(seen) : JSON.stringify(seen);
}
