/**
 * Brings an agent's registrations of one service to the desired set, losing no request: new instances are registered,
 * must pass their check, go on passing it and be UP in every balancer before old ones are taken out and drained. Called
 * by the registration of a pool. With `--wave` only the instances named, and those whose places they take, are dealt
 * with, and the latter stopped; `--withdraw` takes all instances out.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  ADMITTED,
  catalogueDiff,
  type Held,
  probeName,
  probeOf,
  type Registration,
  registrationOf,
  type ServiceDefinition,
} from "../lib/catalogue.ts";
import { historyKey, type Version, withVersion } from "../lib/history.ts";
import { labels, replicaNumber } from "../lib/names.ts";
import { BALANCER_TIMEOUT, Balancers } from "./support/balancers.ts";
import { CommandFailure, main, say, until, within } from "./support/command.ts";
import { Consul } from "./support/consul.ts";
import { DockerEngine } from "./support/docker.ts";
import { checkName, didNotLast, failureReport, type Misdeed, neverPassed } from "./support/failure-report.ts";
import { type Sighting, sightings } from "./support/sightings.ts";

/** What `register` is told on its standard input. */
export interface RegisterArgs {
  readonly stack: string;
  readonly host: string;
  /** Docker endpoint of the host, and of every host that has balancers. */
  readonly docker: string;
  readonly balancerHosts: readonly string[];
  /** Container of the host's agent. */
  readonly agent: string;
  /** Not read: an agent that was replaced, and may have lost its data, is to be told anew. */
  readonly agentId: string;
  readonly token: string;
  readonly service: ServiceDefinition;
  /** Image of the instances, as people know it. */
  readonly image: string;
  /** Names of the containers that are to serve; their names are their addresses. */
  readonly instances: readonly string[];
  /** Seconds within which new instances must pass their check. */
  readonly healthTimeout: number;
  /** Seconds that new instances must go on passing, unless they run what is known to. */
  readonly settle: number;
  /** Longest time in seconds that instances taken out may finish their requests. */
  readonly drain: number;
  /** Seconds between SIGTERM and SIGKILL where instances are stopped. */
  readonly stopGrace: number;
}

interface Check {
  readonly ServiceID: string;
  readonly Status: string;
  readonly Output: string;
}

/** Milliseconds between two looks at instances that are settling. */
const LOOK = 500;

class Registrar {
  readonly #args: RegisterArgs;
  readonly #engine: DockerEngine;
  readonly #consul: Consul;
  readonly #balancers: Balancers;

  constructor(args: RegisterArgs) {
    this.#args = args;
    this.#engine = new DockerEngine(args.docker);
    this.#consul = new Consul(this.#engine, args.agent, args.token);
    this.#balancers = new Balancers(args.stack, args.balancerHosts);
  }

  /** The whole pool is to be these instances. */
  async reconcile(): Promise<void> {
    const { instances } = this.#args;
    const remove = await this.#bringIn();
    await this.#announce(instances.length);
    if (instances.length > 0) await this.#record();
    await this.#takeOut(remove);
    await this.#tidyUp(remove);
  }

  /** These instances are to take the places of those with their numbers; the rest of the pool stays as it is. */
  async replaceWave(): Promise<void> {
    const { instances, stopGrace } = this.#args;
    const numbers = new Set(instances.map((instance) => this.#number(instance)));
    const replaced = (instance: string) =>
      !instances.includes(instance) && numbers.has(this.#number(instance) ?? Number.NaN);
    const remove = await this.#bringIn();
    await this.#takeOut(remove.filter(replaced));
    // Those that a failed update left take up memory, too, though no balancer knows them.
    await this.#engine.stop((await this.#containers()).filter(replaced), stopGrace);
  }

  /** Has the instances serve as they should; gives those that the agent holds besides. */
  async #bringIn(): Promise<readonly string[]> {
    const { service, instances } = this.#args;
    const held = await this.#held();
    const { add, change, remove } = catalogueDiff(service, instances, held);
    await this.#admit(add, held);
    await this.#change(change);
    return remove;
  }

  #number(instance: string): number | undefined {
    const { stack, host, service } = this.#args;
    return replicaNumber(instance, { stack, host, service: service.name });
  }

  /** Every container of the pool, whoever knows of it. */
  #containers(): Promise<string[]> {
    const { stack, host, service } = this.#args;
    return this.#engine.containers(labels({ stack, host, service: service.name, role: "server" }), "all");
  }

  /** The service's instances as the agent holds them, by identity. */
  async #held(): Promise<Record<string, Held>> {
    const filter = encodeURIComponent(`Service == "${this.#args.service.name}"`);
    // The agent may be restarting just now.
    return within(20, `the Consul agent ${this.#args.agent} does not answer`, async () => {
      const services = await this.#consul.get<Record<string, Held>>(`/v1/agent/services?filter=${filter}`);
      return services ?? {};
    });
  }

  async #admit(instances: readonly string[], held: Readonly<Record<string, Held>>): Promise<void> {
    if (instances.length === 0) return;
    const { service, healthTimeout } = this.#args;
    const deadline = performance.now() + healthTimeout * 1000;
    say(`${service.name}: waiting for ${count(instances)} to pass ${checkName(service)}`);
    try {
      await this.#register(instances.map((instance) => registrationOf(service, instance, false)));
      await this.#awaitPassing(instances, service.name, { deadline });
      const serving = Object.keys(held).filter((instance) => held[instance]?.Tags.includes(ADMITTED));
      const seen = await sightings(this.#engine, [...instances, ...serving]);
      if (!isProven(instances, serving, seen)) await this.#settle(instances, seen, deadline);
      await this.#register(instances.map((instance) => registrationOf(service, instance, true)));
      const complaint = `${service.name}: not every balancer took the new instances`;
      await this.#balancers.require(service.name, instances, complaint);
      await this.#checkLasting(instances, seen);
    } catch (error) {
      // Nothing but a next update may let them in.
      await this.#takeBack(instances);
      throw error;
    }
  }

  /** Watches instances that pass for a while: many a fault shows only then. One that fails a check starts anew. */
  async #settle(
    instances: readonly string[],
    seen: ReadonlyMap<string, Sighting>,
    deadline: number,
  ): Promise<void> {
    const { service, settle } = this.#args;
    if (settle === 0) return;
    say(`${service.name}: watching whether they go on passing for ${settle} s`);
    let start = performance.now();
    while (performance.now() < start + settle * 1000) {
      await sleep(LOOK);
      await this.#checkLasting(instances, seen);
      const checks = await this.#checks(service.name).catch(() => new Map<string, Check>());
      if (instances.every((instance) => checks.get(instance)?.Status === "passing")) continue;
      await this.#awaitPassing(instances, service.name, { deadline });
      start = performance.now();
    }
  }

  /** Fails where an instance is no longer what it was when it was seen. */
  async #checkLasting(instances: readonly string[], seen: ReadonlyMap<string, Sighting>): Promise<void> {
    const now = await sightings(this.#engine, instances);
    const lasts = (instance: string) => {
      const sighting = now.get(instance);
      return sighting?.running && sighting.run === seen.get(instance)?.run;
    };
    const gone = instances.filter((instance) => !lasts(instance));
    if (gone.length > 0) await this.#fail(didNotLast, gone, await this.#checks(this.#args.service.name));
  }

  /** Changes the check of instances that serve already, once they have been seen to pass the new one. */
  async #change(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { service } = this.#args;
    say(`${service.name}: trying ${checkName(service)} on ${count(instances)}`);
    const probes = instances.map((instance) => probeOf(service, instance));
    try {
      await this.#register(probes);
      await this.#awaitPassing(instances, probeName(service), { suffix: "-probe" });
    } finally {
      await this.#takeBack(probes.map(({ ID }) => ID));
    }
    await this.#register(instances.map((instance) => registrationOf(service, instance, true)));
  }

  async #awaitPassing(
    instances: readonly string[],
    catalogueName: string,
    { suffix = "", deadline }: { suffix?: string; deadline?: number },
  ): Promise<void> {
    const { healthTimeout } = this.#args;
    const left = deadline === undefined ? healthTimeout : Math.max(0, deadline - performance.now()) / 1000;
    let checks = new Map<string, Check>();
    const passing = (instance: string) => checks.get(instance + suffix)?.Status === "passing";
    const passed = await until(left, async () => {
      checks = await this.#checks(catalogueName);
      return instances.every(passing) || undefined;
    });
    if (passed) return;
    const failing = instances.filter((instance) => !passing(instance));
    await this.#fail(neverPassed(healthTimeout), failing, checks, suffix);
  }

  async #fail(
    misdeed: Misdeed,
    failing: readonly string[],
    checks: ReadonlyMap<string, Check>,
    suffix = "",
  ): Promise<never> {
    const lastAnswer = (instance: string) => checks.get(instance + suffix)?.Output;
    throw new CommandFailure(
      await failureReport(this.#engine, this.#args.service, misdeed, failing, lastAnswer),
    );
  }

  async #checks(catalogueName: string): Promise<Map<string, Check>> {
    const filter = encodeURIComponent(`ServiceName == "${catalogueName}"`);
    const checks = (await this.#consul.get<Record<string, Check>>(`/v1/agent/checks?filter=${filter}`)) ?? {};
    return new Map(Object.values(checks).map((check) => [check.ServiceID, check]));
  }

  async #takeOut(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { service, drain } = this.#args;
    const addresses = await this.#addresses(instances);
    await this.#deregister(instances);
    const left = await this.#balancers.await("gone", service.name, instances, BALANCER_TIMEOUT);
    if (left.length > 0)
      say(`${service.name}: still with a balancer after ${BALANCER_TIMEOUT} s: ${left.join("; ")}`);
    const drained = await this.#balancers.awaitDrained(addresses, drain);
    say(
      `${service.name}: ${count(instances)} taken out${drained ? "" : `, with requests under way after ${drain} s`}`,
    );
  }

  /** Where the instances that still run are to be reached. */
  async #addresses(instances: readonly string[]): Promise<{ ip: string; port: number }[]> {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const seen = await this.#engine.inspect(instances, format).catch(() => new Map<string, string>());
    return [...seen.values()].filter(Boolean).map((ip) => ({ ip, port: this.#args.service.port }));
  }

  async #register(registrations: readonly Registration[]): Promise<void> {
    for (const registration of registrations) {
      await this.#consul.put("/v1/agent/service/register?replace-existing-checks=true", registration);
    }
  }

  async #deregister(instances: readonly string[]): Promise<void> {
    for (const instance of instances) await this.#consul.put(`/v1/agent/service/deregister/${instance}`);
  }

  /** Deregisters what did not make it; that this fails too must not hide why. */
  async #takeBack(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.#deregister([id]).catch((error: Error) =>
        say(`${id} is still registered: ${error.message}`),
      );
    }
  }

  /** Writes down which version serves from now on, for whoever wants to go back to it. */
  async #record(): Promise<void> {
    const path = `/v1/kv/${this.#historyKey}`;
    await within(20, "Consul does not take the version", async () => {
      const history = (await this.#consul.get<Version[]>(`${path}?raw`)) ?? [];
      const after = withVersion(history, this.#args.image, new Date().toISOString());
      if (after !== history) await this.#consul.put(path, after);
    });
  }

  get #historyKey(): string {
    return historyKey(this.#args.service.name, this.#args.host);
  }

  /**
   * Takes away containers that are not wanted and that no request goes to. An update that was killed leaves some that
   * Pulumi's state has never heard of, so that nobody else would; Pulumi takes it well when one of its own is gone.
   */
  async #tidyUp(removed: readonly string[]): Promise<void> {
    const { service, instances, stopGrace } = this.#args;
    const known = new Set([...instances, ...removed]);
    try {
      const stray = (await this.#containers()).filter((container) => !known.has(container));
      await this.#engine.stop(stray, stopGrace);
      await this.#engine.remove(stray);
    } catch (error) {
      say(`${service.name}: what another update left could not be taken away: ${(error as Error).message}`);
    }
  }

  /** Tells the balancers how many instances to expect, so that they can tell "none" from "Consul does not know". */
  async #announce(instances: number): Promise<void> {
    await within(20, "Consul does not take the size of the pool", () =>
      this.#consul.put(this.#poolPath, String(instances)),
    );
  }

  /** Where Consul keeps the size of the pool. */
  get #poolPath(): string {
    return `/v1/kv/flotilla/pools/${this.#args.service.name}/${this.#args.host}`;
  }

  /** Takes everything out. A Consul that is gone already must not be in the way of that. */
  async withdraw(): Promise<void> {
    const { stack, agent } = this.#args;
    const running = await this.#engine.containers({ "flotilla.stack": stack, "flotilla.role": "agent" });
    if (running.includes(agent)) await this.#withdrawFromConsul();
    // Left there, they would keep the network from being deleted.
    await this.#tidyUp([]);
  }

  async #withdrawFromConsul(): Promise<void> {
    const instances = Object.keys(await this.#held());
    try {
      await this.#announce(0);
      await this.#takeOut(instances);
      await this.#consul.delete(this.#poolPath);
      await this.#consul.delete(`/v1/kv/${this.#historyKey}`);
    } catch (error) {
      say(`${this.#args.service.name}: Consul could not be told that it goes: ${(error as Error).message}`);
      await this.#takeBack(instances);
    }
  }
}

/** Whether new instances run just what one of those that serve does: then there is nothing to be learned from them. */
function isProven(
  instances: readonly string[],
  serving: readonly string[],
  seen: ReadonlyMap<string, Sighting>,
): boolean {
  const running = serving.flatMap((instance) => seen.get(instance) ?? []).filter(({ running }) => running);
  const recipes = new Set(running.map(({ recipe }) => recipe));
  return instances.every((instance) => recipes.has(seen.get(instance)?.recipe ?? ""));
}

const count = (instances: readonly string[]) =>
  `${instances.length} instance${instances.length === 1 ? "" : "s"}`;

main<RegisterArgs>((args) => {
  const registrar = new Registrar(args);
  if (process.argv.includes("--withdraw")) return registrar.withdraw();
  return process.argv.includes("--wave") ? registrar.replaceWave() : registrar.reconcile();
});
