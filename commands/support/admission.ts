import { setTimeout as sleep } from "node:timers/promises";
import {
  ADMITTED,
  type Held,
  probeName,
  probeOf,
  registrationOf,
  type ServiceDefinition,
} from "../../lib/catalogue.ts";
import type { Balancers } from "./balancers.ts";
import { CommandFailure, say, until } from "./command.ts";
import type { DockerEngine } from "./docker.ts";
import { checkName, count, didNotLast, failureReport, type Misdeed, neverPassed } from "./failure-report.ts";
import type { Check, Registrations } from "./registrations.ts";
import { isProven, type Sighting, sightings } from "./sightings.ts";

/** Milliseconds between two looks at instances that are settling. */
const LOOK = 500;

/** What {@link Admission} works with. */
export interface AdmissionArgs {
  readonly engine: DockerEngine;
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
    try {
      await registrations.put(instances.map((instance) => registrationOf(service, instance, false)));
      await this.#awaitPassing(instances, service.name, { deadline });
      const serving = Object.keys(held).filter((instance) => held[instance]?.Tags.includes(ADMITTED));
      const seen = await sightings(engine, [...instances, ...serving]);
      if (!isProven(instances, serving, seen)) await this.#settle(instances, seen, deadline);
      await registrations.put(instances.map((instance) => registrationOf(service, instance, true)));
      const complaint = `${service.name}: not every balancer took the new instances`;
      await balancers.require(service.name, instances, complaint);
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
    const { registrations, service } = this.#args;
    say(`${service.name}: trying ${checkName(service)} on ${count(instances)}`);
    const probes = instances.map((instance) => probeOf(service, instance));
    try {
      await registrations.put(probes);
      await this.#awaitPassing(instances, probeName(service), { suffix: "-probe" });
    } finally {
      await registrations.takeBack(probes.map(({ ID }) => ID));
    }
    await registrations.put(instances.map((instance) => registrationOf(service, instance, true)));
  }

  /** Watches instances that pass for a while: many a fault shows only then. One that fails a check starts anew. */
  async #settle(
    instances: readonly string[],
    seen: ReadonlyMap<string, Sighting>,
    deadline: number,
  ): Promise<void> {
    const { registrations, service, settle } = this.#args;
    if (settle === 0) return;
    say(`${service.name}: watching whether they go on passing for ${settle} s`);
    let start = performance.now();
    while (performance.now() < start + settle * 1000) {
      await sleep(LOOK);
      await this.#checkLasting(instances, seen);
      const checks = await registrations.checks(service.name).catch(() => new Map<string, Check>());
      if (instances.every((instance) => checks.get(instance)?.Status === "passing")) continue;
      await this.#awaitPassing(instances, service.name, { deadline });
      start = performance.now();
    }
  }

  /** Fails where an instance is no longer what it was when it was seen. */
  async #checkLasting(instances: readonly string[], seen: ReadonlyMap<string, Sighting>): Promise<void> {
    const { engine, registrations, service } = this.#args;
    const now = await sightings(engine, instances);
    const lasts = (instance: string) => {
      const sighting = now.get(instance);
      return sighting?.running && sighting.run === seen.get(instance)?.run;
    };
    const gone = instances.filter((instance) => !lasts(instance));
    if (gone.length > 0) await this.#fail(didNotLast, gone, await registrations.checks(service.name));
  }

  async #awaitPassing(
    instances: readonly string[],
    catalogueName: string,
    { suffix = "", deadline }: { suffix?: string; deadline?: number },
  ): Promise<void> {
    const { registrations, healthTimeout } = this.#args;
    const left = deadline === undefined ? healthTimeout : Math.max(0, deadline - performance.now()) / 1000;
    let checks = new Map<string, Check>();
    const passing = (instance: string) => checks.get(instance + suffix)?.Status === "passing";
    const passed = await until(left, async () => {
      checks = await registrations.checks(catalogueName);
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
    const { engine, service } = this.#args;
    const lastAnswer = (instance: string) => checks.get(instance + suffix)?.Output;
    throw new CommandFailure(await failureReport(engine, service, misdeed, failing, lastAnswer));
  }
}
