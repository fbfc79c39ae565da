/**
 * Brings an agent's registrations of one service to the desired set, losing no request: new instances are registered,
 * must pass their check and be UP in every balancer before old ones are taken out and drained. Called by the
 * `Registration` of a pool; `--withdraw` takes all instances out.
 */
import {
  catalogueDiff,
  type Held,
  probeName,
  probeOf,
  type Registration,
  registrationOf,
  type ServiceDefinition,
} from "../lib/catalogue.ts";
import { Balancers } from "./support/balancers.ts";
import { CommandFailure, main, say, until, within } from "./support/command.ts";
import { Consul } from "./support/consul.ts";
import { DockerEngine } from "./support/docker.ts";
import { checkName, failureReport } from "./support/failure-report.ts";

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
  /** Names of the containers that are to serve; their names are their addresses. */
  readonly instances: readonly string[];
  /** Seconds within which new instances must pass their check. */
  readonly healthTimeout: number;
  /** Longest time in seconds that instances taken out may finish their requests. */
  readonly drain: number;
}

interface Check {
  readonly ServiceID: string;
  readonly Status: string;
  readonly Output: string;
}

/** Seconds that balancers get to follow a change of the catalogue. */
const BALANCER_TIMEOUT = 30;

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

  async reconcile(instances: readonly string[]): Promise<void> {
    const { add, change, remove } = catalogueDiff(this.#args.service, instances, await this.#held());
    await this.#admit(add);
    await this.#change(change);
    await this.#announce(instances.length);
    await this.#takeOut(remove);
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

  async #admit(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { service } = this.#args;
    say(`${service.name}: waiting for ${count(instances)} to pass ${checkName(service)}`);
    try {
      await this.#register(instances.map((instance) => registrationOf(service, instance, false)));
      await this.#awaitPassing(instances, service.name);
      await this.#register(instances.map((instance) => registrationOf(service, instance, true)));
      const missing = await this.#balancers.await("up", service.name, instances, BALANCER_TIMEOUT);
      if (missing.length > 0) {
        const head = `${service.name}: not every balancer took the new instances within ${BALANCER_TIMEOUT} s`;
        throw new CommandFailure([head, ...missing].join("\n  "));
      }
    } catch (error) {
      // Left registered, they would join the rotation the moment they pass, behind the back of a failed update.
      await this.#takeBack(instances);
      throw error;
    }
  }

  /** Changes the check of instances that serve already, once they have been seen to pass the new one. */
  async #change(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { service } = this.#args;
    say(`${service.name}: trying ${checkName(service)} on ${count(instances)}`);
    const probes = instances.map((instance) => probeOf(service, instance));
    try {
      await this.#register(probes);
      await this.#awaitPassing(instances, probeName(service), "-probe");
    } finally {
      await this.#takeBack(probes.map(({ ID }) => ID));
    }
    await this.#register(instances.map((instance) => registrationOf(service, instance, true)));
  }

  async #awaitPassing(instances: readonly string[], catalogueName: string, suffix = ""): Promise<void> {
    let checks = new Map<string, Check>();
    const passing = (instance: string) => checks.get(instance + suffix)?.Status === "passing";
    const passed = await until(this.#args.healthTimeout, async () => {
      checks = await this.#checks(catalogueName);
      return instances.every(passing) || undefined;
    });
    if (passed) return;
    const failing = instances.filter((instance) => !passing(instance));
    const report = failureReport(this.#engine, this.#args, failing, (i) => checks.get(i + suffix)?.Output);
    throw new CommandFailure(await report);
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
    const ips = instances.map((instance) =>
      this.#engine
        .docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", instance)
        .then((ip) => ip.trim())
        .catch(() => ""),
    );
    return (await Promise.all(ips)).filter(Boolean).map((ip) => ({ ip, port: this.#args.service.port }));
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
    const { stack, agent, service } = this.#args;
    const running = await this.#engine.containers({ "flotilla.stack": stack, "flotilla.role": "agent" });
    if (!running.includes(agent)) return;
    const instances = Object.keys(await this.#held());
    try {
      await this.#announce(0);
      await this.#takeOut(instances);
      await this.#consul.delete(this.#poolPath);
    } catch (error) {
      say(`${service.name}: Consul could not be told that it goes: ${(error as Error).message}`);
      await this.#takeBack(instances);
    }
  }
}

const count = (instances: readonly string[]) =>
  `${instances.length} instance${instances.length === 1 ? "" : "s"}`;

main<RegisterArgs>((args) => {
  const registrar = new Registrar(args);
  return process.argv.includes("--withdraw") ? registrar.withdraw() : registrar.reconcile(args.instances);
});
