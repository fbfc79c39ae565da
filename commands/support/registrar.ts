import { setTimeout as sleep } from "node:timers/promises";
import type { RolloutOrder } from "../../config/settings.ts";
import {
  type AnsweringService,
  catalogueDiff,
  getsRequests,
  type Held,
  leavingOf,
  type Scope,
  type ServiceDefinition,
} from "../../lib/catalogue.ts";
import { placementKey } from "../../lib/consul-keys.ts";
import type { Endpoint } from "../../lib/docker-endpoint.ts";
import { serviceBackend } from "../../lib/haproxy.ts";
import type { Version } from "../../lib/history.ts";
import { instanceNumber, labels } from "../../lib/names.ts";
import { stoppedStates } from "../../lib/rollout.ts";
import { type Spread, shareOf } from "../../lib/shares.ts";
import { CommandFailure, notYet, say, within } from "../../runtime/command.ts";
import { Consul } from "../../runtime/consul.ts";
import { withDeadline } from "../../runtime/deadline.ts";
import { DockerEngine } from "../../runtime/docker.ts";
import type { Placed } from "../routes.ts";
import { Admission } from "./admission.ts";
import { BALANCER_TIMEOUT, Balancers } from "./balancers.ts";
import { count } from "./failure-report.ts";
import { NetworkHealth } from "./network-health.ts";
import { noBalancers } from "./no-balancers.ts";
import { removeOldImages } from "./old-images.ts";
import { othersHaveTheirs } from "./others.ts";
import { withPoolLock } from "./pool-lock.ts";
import { PoolRecord } from "./pool-record.ts";
import { ProcessHealth } from "./process-health.ts";
import { turnAway } from "./refusal.ts";
import { Registrations } from "./registrations.ts";
import { startLate } from "./start-late.ts";
import { StopFirst } from "./stop-first.ts";

/** What `register` is told on its standard input. */
export interface RegisterArgs {
  readonly stack: string;
  readonly host: string;
  /** Docker endpoint of the host. */
  readonly docker: Endpoint;
  /** Whether there are other hosts, whose balancers come to those of this one. */
  readonly hasPeers: boolean;
  /** Balancers on the host. */
  readonly balancersPerHost: number;
  /** Container of the host's agent. */
  readonly agent: string;
  /** Not read: an agent that was replaced, and may have lost its data, is to be told anew. */
  readonly agentId: string;
  /** Not read: so is a Consul that has lost its data. */
  readonly consulId: string;
  readonly token: string;
  /** Its public name. */
  readonly tokenId: string;
  readonly service: ServiceDefinition;
  /** Image of the instances, as people know it. */
  readonly image: string;
  /** Labels of the service's images where they are built: old ones go once nobody can go back to them. */
  readonly imageLabels?: Readonly<Record<string, string>>;
  /** Names of the containers that are to serve; their names are their addresses. */
  readonly instances: readonly string[];
  /** How copies are spread that move between hosts: `instances` are then all that may ever serve here. */
  readonly moving?: Spread;
  /** Under "stop-first", and where they are workers, they are not started yet where they are new. */
  readonly order: RolloutOrder;
  /** Not read: what nobody but this command starts, and does not run when an update begins, is to be started again. */
  readonly stopped: readonly string[];
  /** Whether they write to volumes. */
  readonly writesVolumes: boolean;
  /** Seconds within which new instances must pass their check. */
  readonly healthTimeout: number;
  /** Seconds that new instances must go on passing, unless they run what is known to. */
  readonly settle: number;
  /** Longest time in seconds that instances taken out may finish their requests. */
  readonly drain: number;
  /** Seconds between SIGTERM and SIGKILL where instances are stopped. */
  readonly stopGrace: number;
}

/** Where connections to an instance go. */
interface Address {
  readonly ip: string;
  readonly port: number;
}

/** Seconds for everything whose time is not the service's own. */
const SLACK = 300;

/** Seconds within which every balancer hears of a change. */
const HEARD = 5;

/** Seconds that the engine or Consul gets to answer where a stack, which may be in any state, is taken away. */
const ANSWER = 5;

/** Seconds that other hosts get, beside the time for new instances to pass, to have copies that leave this one. */
const OTHERS = 60;

/** Seconds for taking stray containers away, and of them until SIGKILL, where a stack is taken away. */
const TIDY = 20;
const TIDY_GRACE = 10;

/**
 * Brings an agent's registrations of one service to the desired set, losing no request: new instances must pass their check,
 * go on passing it and, once registered, be UP in every balancer before old ones are taken out and drained. Where instances
 * can't run beside those whose places they take, these are stopped before. Workers, to whom no requests go, must keep running
 * instead, and balancers are not asked about them.
 */
export class Registrar {
  readonly #args: RegisterArgs;
  readonly #engine: DockerEngine;
  readonly #consul: Consul;
  readonly #balancers: Balancers;
  readonly #registrations: Registrations;
  readonly #record: PoolRecord;
  readonly #admission: Admission;
  readonly #stopFirst: StopFirst;
  /** Those of the instances that are to serve; others of a service whose copies move are there in case. */
  readonly #serving: readonly string[];

  /** @param serving which of the instances are to serve; without it the first ones, as many as are the host's share */
  constructor(args: RegisterArgs, serving?: readonly string[]) {
    const { stack, host, agent, token, tokenId, service, moving, instances } = args;
    this.#args = args;
    const share = moving ? shareOf(moving, host, moving.hosts) : Number.POSITIVE_INFINITY;
    this.#serving = serving ?? instances.filter((instance) => (this.#number(instance) ?? 0) <= share);
    this.#engine = new DockerEngine(args.docker);
    this.#balancers = new Balancers(stack, [args.docker], args.balancersPerHost);
    this.#consul = new Consul(this.#engine, agent, token);
    this.#registrations = new Registrations(this.#consul, agent, tokenId);
    this.#record = new PoolRecord(this.#consul, service, host);
    const shared = {
      ...args,
      engine: this.#engine,
      ...(service.port === undefined
        ? { health: new ProcessHealth(this.#engine), balancers: noBalancers }
        : { health: new NetworkHealth(this.#engine, agent, service), balancers: this.#balancers }),
      registrations: this.#registrations,
    };
    this.#admission = new Admission(shared);
    this.#stopFirst = new StopFirst({
      ...shared,
      admission: this.#admission,
      record: this.#record,
      takeOut: (instances) => this.#takeOut(instances),
    });
  }

  /** The whole pool is to be these instances. */
  async reconcile(): Promise<void> {
    const { instances, stopGrace, moving } = this.#args;
    await this.#alone(async () => {
      const record = () => this.#record.recordMoving(moving && { ...this.#args, token: "" });
      const { removed, history } = await this.bringAbout(record);
      await this.#tidyUp([...instances, ...removed], stopGrace);
      if (history) await this.#removeOldImages(history);
    });
  }

  /**
   * Has those serve that are to, and no others; returns whom it took out, and the versions there were. For whoever has the lock of the pool, also while
   * `pulumi up` prepares for its turn: what nobody knows of yet stays. `record` is called once all serve, before any leaves.
   */
  async bringAbout(
    record: () => Promise<void> = async () => {},
  ): Promise<{ removed: readonly string[]; history: readonly Version[] | undefined }> {
    const { instances, image, moving } = this.#args;
    const { remove, before } = await this.#bringIn();
    await record();
    if (moving && before > this.#serving.length) await this.#awaitOthers(moving);
    await this.#keepToSessions(remove);
    if (this.#serving.length === 0) await this.#keepForPeers(remove);
    await this.#record.recordSize(this.#serving.length);
    const history = instances.length > 0 ? await this.#record.recordVersion(image) : undefined;
    await this.#takeOut(remove);
    await this.#stopWorkers(remove);
    await this.#stopSpare();
    return { removed: remove, history };
  }

  /** These instances are to take the places of those with their numbers; the rest of the pool stays as it is. */
  async replaceBatch(): Promise<void> {
    const { instances, stopGrace } = this.#args;
    const replaced = this.#hasPlaceOf(instances);
    await this.#alone(async () => {
      const remove = (await this.#bringIn()).remove.filter(replaced);
      await this.#recordBatch();
      await this.#keepToSessions(remove);
      await this.#takeOut(remove);
      // Those that a failed update left take up memory, too, though no balancer knows them.
      await this.#engine.stop((await this.#containers()).filter(replaced), stopGrace);
    });
  }

  /** Tells the host's mover which of the containers that it knows are replaced by others. */
  async #recordBatch(): Promise<void> {
    const { instances, moving } = this.#args;
    const known = moving && (await this.#record.moving<RegisterArgs>());
    if (!known) return;
    const replaced = this.#hasPlaceOf(instances);
    const all = [
      ...known.instances.filter((one) => !replaced(one) && !instances.includes(one)),
      ...instances,
    ];
    const inOrder = all.toSorted((a, b) => (this.#number(a) ?? 0) - (this.#number(b) ?? 0));
    await this.#record.recordMoving({ ...this.#args, token: "", instances: inOrder });
  }

  /**
   * Called when the registration goes: since the service does, since the stack does, or since another registration has
   * taken its place, which brought the pool to where it is. Only then is everything taken out, when the service does not run
   * here any more. Nothing that is gone or does not answer may be in the way of taking a stack away.
   */
  async withdraw(): Promise<void> {
    const { service, instances } = this.#args;
    try {
      const agentRuns = await withDeadline(ANSWER, () => this.#agentRuns());
      const held = agentRuns ? await withDeadline(ANSWER, () => this.#held()) : [];
      if (agentRuns && !(await this.#isWanted())) await this.#withdrawFromConsul(held);
      // Left there, they would keep the network from being deleted.
      const grace = Math.min(this.#args.stopGrace, TIDY_GRACE);
      await withDeadline(TIDY, () => this.#tidyUp([...instances, ...held], grace));
    } catch (error) {
      say(`${service.name}: left as it is: ${(error as Error).message}`);
    }
  }

  /** Works on the pool while no other command does. */
  #alone(work: () => Promise<void>): Promise<void> {
    const { agent, service, moving, healthTimeout, settle } = this.#args;
    // So long has a mover it, if what it starts does not pass.
    const others = moving ? healthTimeout + settle : 0;
    return withPoolLock(this.#engine, agent, service.name, work, others);
  }

  async #agentRuns(): Promise<boolean> {
    const { stack, agent } = this.#args;
    const running = await this.#engine.containers({ "flotilla.stack": stack, "flotilla.role": "agent" });
    return running.includes(agent);
  }

  async #held(): Promise<string[]> {
    return Object.keys(await this.#registrations.of(this.#args.service.name));
  }

  /**
   * Whether the service still runs here, by what is written down of all: where a service goes, that is done before anything is
   * deleted; where the stack goes, or only this registration, the service is still there. It is where there is no telling.
   */
  async #isWanted(): Promise<boolean> {
    const { host, service } = this.#args;
    const path = `/v1/kv/${placementKey}?raw`;
    try {
      const all = await withDeadline(ANSWER, () => this.#consul.get<Placed[]>(path));
      return all?.some(({ name, hosts }) => name === service.name && hosts.includes(host)) ?? true;
    } catch (error) {
      say(`${service.name}: Consul is told nothing, since it does not tell: ${(error as Error).message}`);
      return true;
    }
  }

  /** Has the instances serve as they should; gives those that the agent still holds besides, and how many it held before. */
  async #bringIn(): Promise<{ remove: readonly string[]; before: number }> {
    const { service, order } = this.#args;
    const held = await this.#registrations.of(service.name);
    await this.#registrations.renew(service, held);
    const { add, change, remove } = catalogueDiff(service, this.#serving, held);
    const stopped = order === "stop-first" ? await this.#bringInAfterStop(add, held) : [];
    if (order === "start-first") await this.#bringInBeside(add, held);
    await this.#admission.change(change);
    return {
      remove: remove.filter((instance) => !stopped.includes(instance)),
      before: Object.keys(held).length,
    };
  }

  async #bringInBeside(add: readonly string[], held: Readonly<Record<string, Held>>): Promise<void> {
    const { service, stopGrace, moving } = this.#args;
    if (service.port !== undefined && !moving) return this.#admission.admit(add, held);
    const args = { engine: this.#engine, admission: this.#admission, stopGrace };
    await startLate(args, await this.#andStopped(add), held);
  }

  /** Instances, and those that do not run: nobody else starts again what somebody has stopped. */
  async #andStopped(add: readonly string[]): Promise<readonly string[]> {
    const states = await this.#engine.inspect(this.#serving, "{{.State.Status}}");
    const stopped = this.#serving.filter((one) => stoppedStates.includes(states.get(one) ?? ""));
    return [...new Set([...add, ...stopped])].sort();
  }

  /** Gives those that were stopped for the new ones. */
  async #bringInAfterStop(
    add: readonly string[],
    held: Readonly<Record<string, Held>>,
  ): Promise<readonly string[]> {
    const wanting = await this.#andStopped(add);
    const others = (await this.#containers()).filter(this.#hasPlaceOf(wanting));
    await this.#stopFirst.admit(wanting, others, held);
    return others;
  }

  /** Lets clients that keep to the instances come to an end with them, such as pages that still load their parts. */
  async #keepToSessions(leaving: readonly string[]): Promise<void> {
    const { service, drain } = this.#args;
    if (service.port === undefined || !service.sessions || leaving.length === 0 || this.#serving.length === 0)
      return;
    await this.#narrow(service, leaving, "sessions");
    say(`${service.name}: ${count(leaving)} to leave, for ${drain} s there for their sessions only`);
    await sleep(drain * 1000);
  }

  /** Where there are to be fewer than before, waits until the other hosts have theirs: those that leave may be the last. */
  async #awaitOthers(moving: Spread): Promise<void> {
    const { service, host, stack, healthTimeout, settle } = this.#args;
    const look = async () => (await othersHaveTheirs(this.#consul, { stack, host, moving })) || notYet();
    try {
      await within(healthTimeout + settle + OTHERS, "", look);
    } catch {
      const lack = `${service.name}: other hosts have not got the copies that are to come to them`;
      if (this.#serving.length > 0) return say(lack);
      throw new CommandFailure(`${lack}, so those on ${host} serve on. Run "pulumi up" again.`);
    }
  }

  /**
   * Keeps the host's last instances for a moment where nobody else is left. Balancers of other hosts, who hear of it later
   * than those of this one, may be losing theirs at the same time, and send a request back and forth that nobody would answer.
   */
  async #keepForPeers(leaving: readonly string[]): Promise<void> {
    const { service, hasPeers } = this.#args;
    if (service.port === undefined || !hasPeers || leaving.length === 0) return;
    await this.#narrow(service, leaving, "last resort");
    say(`${service.name}: ${count(leaving)} to leave, for ${HEARD} s there for what no other host has`);
    await sleep(HEARD * 1000);
  }

  async #narrow(service: AnsweringService, instances: readonly string[], scope: Scope): Promise<void> {
    const held = await this.#registrations.of(service.name);
    await this.#registrations.put(
      instances.flatMap((instance) => {
        const now = held[instance];
        return now ? [leavingOf(service, instance, now, scope)] : [];
      }),
    );
  }

  async #takeOut(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { service } = this.#args;
    const held = await this.#registrations.of(service.name);
    const portOf = (instance: string) => held[instance]?.Port ?? service.port ?? 0;
    // By what they were: a service that becomes a worker has some that requests are on their way to.
    const asked = instances.filter((instance) => getsRequests({ Port: portOf(instance) }));
    const addresses = await this.#addresses(asked, portOf);
    await this.#registrations.remove(instances);
    const under = asked.length > 0 ? await this.#awaitQuiet(asked, addresses) : undefined;
    say(`${service.name}: ${count(instances)} taken out${under ? `, ${under}` : ""}`);
  }

  /** Waits until no request goes to instances any more. Returns what is otherwise when the time is over. */
  async #awaitQuiet(
    instances: readonly string[],
    addresses: readonly Address[],
  ): Promise<string | undefined> {
    const { service, drain } = this.#args;
    const left = await this.#balancers.await(
      "gone",
      serviceBackend(service.name),
      instances,
      BALANCER_TIMEOUT,
    );
    if (left.length > 0)
      say(`${service.name}: still with a balancer after ${BALANCER_TIMEOUT} s: ${left.join("; ")}`);
    return this.#balancers.awaitDrained(addresses, drain);
  }

  /** Has workers come to an end as soon as others are at work: Pulumi deletes them only when all else is done. */
  async #stopWorkers(instances: readonly string[]): Promise<void> {
    const { service, stopGrace } = this.#args;
    if (service.port !== undefined || instances.length === 0) return;
    const there = (await this.#containers()).filter((container) => instances.includes(container));
    await this.#engine.stop(there, stopGrace);
  }

  /** Has those end that are there in case, and may have been at work until now. */
  async #stopSpare(): Promise<void> {
    const { instances, stopGrace, moving } = this.#args;
    if (!moving) return;
    const states = await this.#engine.inspect(instances, "{{.State.Status}}");
    const runs = (one: string) => !stoppedStates.includes(states.get(one) ?? "dead");
    const spare = instances.filter((one) => !this.#serving.includes(one) && runs(one));
    await turnAway(this.#engine, spare, stopGrace);
  }

  async #withdrawFromConsul(instances: readonly string[]): Promise<void> {
    const { service } = this.#args;
    try {
      await this.#alone(async () => {
        await this.#keepForPeers(instances);
        await this.#record.recordSize(0);
        await this.#takeOut(instances);
        await this.#record.forget();
      });
    } catch (error) {
      say(`${service.name}: Consul could not be told that it goes: ${(error as Error).message}`);
      await this.#registrations.takeBack(instances);
    }
  }

  /**
   * Takes away containers of the pool that nobody knows and that no request goes to. An update that was killed leaves some that
   * Pulumi's state has never heard of, so that nobody else would; Pulumi takes it well when one of its own is gone.
   */
  async #tidyUp(known: readonly string[], graceSeconds: number): Promise<void> {
    const { service } = this.#args;
    try {
      const stray = (await this.#containers()).filter((container) => !known.includes(container));
      await this.#engine.stop(stray, graceSeconds);
      await this.#engine.remove(stray);
    } catch (error) {
      say(`${service.name}: what another update left could not be taken away: ${(error as Error).message}`);
    }
  }

  /** Takes away images that the history can't go back to. That it fails is no reason for an update to fail. */
  async #removeOldImages(history: readonly Version[]): Promise<void> {
    const { service, image, imageLabels } = this.#args;
    if (!imageLabels) return;
    const keep = new Set([image, ...history.map((version) => version.image)]);
    try {
      const gone = await removeOldImages(this.#engine, image, imageLabels, keep);
      if (gone.length > 0) say(`${service.name}: old images taken away: ${gone.length}`);
    } catch (error) {
      say(`${service.name}: old images could not be taken away: ${(error as Error).message}`);
    }
  }

  /** Every container of the pool, whoever knows of it. */
  #containers(): Promise<string[]> {
    const { stack, host, service } = this.#args;
    return this.#engine.containers(labels({ stack, host, service: service.name, role: "server" }), "all");
  }

  /** Where the instances that still run are to be reached. */
  async #addresses(instances: readonly string[], portOf: (instance: string) => number): Promise<Address[]> {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const seen = await this.#engine.inspect(instances, format).catch(() => new Map<string, string>());
    return [...seen].filter(([, ip]) => ip).map(([instance, ip]) => ({ ip, port: portOf(instance) }));
  }

  /** Tells containers that have the number of one of the instances, but are none of them. */
  #hasPlaceOf(instances: readonly string[]): (container: string) => boolean {
    const numbers = new Set(instances.map((instance) => this.#number(instance)));
    return (container) =>
      !instances.includes(container) && numbers.has(this.#number(container) ?? Number.NaN);
  }

  #number(instance: string): number | undefined {
    const { stack, host, service } = this.#args;
    return instanceNumber(instance, { stack, host, service: service.name });
  }
}

/** Seconds that a registration takes at most. */
export function longestTime({
  healthTimeout,
  settle,
  drain,
  stopGrace,
  service,
  order,
  moving,
}: RegisterArgs): number {
  return (
    // Health: for new instances, and for a new check of those that serve. Drain: for sessions, and for what is under way.
    SLACK +
    2 * healthTimeout +
    settle +
    (service.sessions ? 2 : 1) * drain +
    // Of those whose time is over, and of strays; Pulumi stops instances that get requests.
    (service.port === undefined ? 2 : 1) * stopGrace +
    // For new ones to be stopped, and old ones to be started again.
    (order === "stop-first" ? healthTimeout + 2 * stopGrace : 0) +
    // For the mover, for other hosts, and for spare ones.
    (moving ? 2 * (healthTimeout + settle) + OTHERS + stopGrace : 0)
  );
}
