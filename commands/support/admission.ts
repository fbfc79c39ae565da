import { setTimeout as sleep } from "node:timers/promises";
import { type Held, onlyForSessions, registrationOf, type ServiceDefinition } from "../../lib/catalogue.ts";
import { serviceBackend } from "../../lib/haproxy.ts";
import { CommandFailure, say } from "../../runtime/command.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import type { Balancers } from "./balancers.ts";
import { type ContainerRun, containerRuns, isProven } from "./container-runs.ts";
import { checkName, count, didNotLast, type Failure, failureReport, neverPassed } from "./failure-report.ts";
import type { Health } from "./health.ts";
import type { Registrations } from "./registrations.ts";

/** Milliseconds between two looks at instances that are settling. */
const LOOK = 500;

/** What {@link Admission} works with. */
export interface AdmissionArgs {
  readonly engine: DockerEngine;
  readonly health: Health;
  readonly balancers: Balancers;
  readonly registrations: Registrations;
  readonly service: ServiceDefinition;
  /** Seconds within which new instances must pass their check. */
  readonly healthTimeout: number;
  /** Seconds that new instances must go on passing, unless they run what is known to. */
  readonly settle: number;
}

/** How instances come to serve: seen to pass their check, to last, and to be UP in every balancer; or not at all. */
export class Admission {
  readonly #args: AdmissionArgs;

  constructor(args: AdmissionArgs) {
    this.#args = args;
  }

  /** Lets new instances in, beside those that the agent holds. */
  async admit(instances: readonly string[], held: Readonly<Record<string, Held>>): Promise<void> {
    if (instances.length === 0) return;
    const { engine, balancers, registrations, service, healthTimeout } = this.#args;
    const deadline = performance.now() + healthTimeout * 1000;
    say(`${service.name}: waiting for ${count(instances)} to pass ${checkName(service)}`);
    await this.#awaitPassing(instances, deadline);
    const serving = Object.keys(held);
    const seen = await containerRuns(engine, [...instances, ...serving]);
    if (!isProven(instances, serving, seen)) await this.#settle(instances, seen, deadline);
    const complaint = `${service.name}: not every balancer took the new instances`;
    try {
      if (service.sessions) {
        // A client that one balancer has given to a new instance must be known by all others.
        await registrations.put(
          instances.map((instance) => onlyForSessions(registrationOf(service, instance))),
        );
        await balancers.require(serviceBackend(service.name), instances, complaint, "known");
      }
      await this.#register(instances);
      await balancers.require(serviceBackend(service.name), instances, complaint);
      await this.#checkLasting(instances, seen);
    } catch (error) {
      // Nothing but a next update may let them in.
      await registrations.takeBack(instances);
      throw error;
    }
  }

  /** Changes the check of instances that serve already, once they have been seen to pass the new one. */
  async change(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { service, healthTimeout } = this.#args;
    say(`${service.name}: trying ${checkName(service)} on ${count(instances)}`);
    await this.#awaitPassing(instances, performance.now() + healthTimeout * 1000);
    await this.#register(instances);
  }

  /** Watches instances that pass for a while: many a fault shows only then. One that fails a check starts anew. */
  async #settle(
    instances: readonly string[],
    seen: ReadonlyMap<string, ContainerRun>,
    deadline: number,
  ): Promise<void> {
    const { health, service, settle } = this.#args;
    if (settle === 0) return;
    say(`${service.name}: watching whether they go on passing for ${settle} s`);
    let start = performance.now();
    while (performance.now() < start + settle * 1000) {
      await sleep(LOOK);
      await this.#checkLasting(instances, seen);
      if ((await health.awaitPassing(instances, 0)).size === 0) continue;
      await this.#awaitPassing(instances, deadline);
      start = performance.now();
    }
  }

  async #register(instances: readonly string[]): Promise<void> {
    const { registrations, service } = this.#args;
    await registrations.put(instances.map((instance) => registrationOf(service, instance)));
  }

  /** Fails where an instance is no longer what it was when it was seen. */
  async #checkLasting(instances: readonly string[], seen: ReadonlyMap<string, ContainerRun>): Promise<void> {
    const { engine, health } = this.#args;
    const now = await containerRuns(engine, instances);
    const lasts = (instance: string) => {
      const run = now.get(instance);
      return run?.running && run.run === seen.get(instance)?.run;
    };
    const gone = instances.filter((instance) => !lasts(instance));
    if (gone.length > 0) await this.#fail(didNotLast, gone, await health.awaitPassing(gone, 0));
  }

  async #awaitPassing(instances: readonly string[], deadline: number): Promise<void> {
    const { health, healthTimeout } = this.#args;
    const left = Math.max(0, deadline - performance.now()) / 1000;
    const failing = await health.awaitPassing(instances, left);
    if (failing.size > 0) await this.#fail(neverPassed(healthTimeout), [...failing.keys()], failing);
  }

  async #fail(
    failure: Failure,
    failing: readonly string[],
    answers: ReadonlyMap<string, string>,
  ): Promise<never> {
    const { engine, service } = this.#args;
    throw new CommandFailure(await failureReport(engine, service, failure, failing, answers));
  }
}
