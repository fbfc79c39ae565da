import { setTimeout as sleep } from "node:timers/promises";
import type { RolloutOrder } from "../../config/settings.ts";
import { type Held, onlyFor, registrationOf, type ServiceDefinition } from "../../lib/catalogue.ts";
import { serviceBackend } from "../../lib/haproxy.ts";
import { CommandFailure, say } from "../../runtime/command.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import { type ContainerRun, containerRuns, isProven } from "./container-runs.ts";
import { count, type Failing, type Failure, failureReport } from "./failure-report.ts";
import type { Health } from "./health.ts";
import type { Balancing } from "./no-balancers.ts";
import type { Registrations } from "./registrations.ts";

/** Milliseconds between two looks at instances that are settling. */
const LOOK = 500;

const UNTOUCHED = "what served before serves on, untouched";

/** What {@link Admission} works with. */
export interface AdmissionArgs {
  readonly engine: DockerEngine;
  readonly health: Health;
  readonly balancers: Balancing;
  readonly registrations: Registrations;
  readonly service: ServiceDefinition;
  /** Seconds within which new instances must pass their check. */
  readonly healthTimeout: number;
  /** Seconds that new instances must go on passing, unless they run what is known to, or nothing serves before them. */
  readonly settle: number;
  readonly order: RolloutOrder;
  /** Whether the instances write to volumes, which others may have locked. */
  readonly writesVolumes: boolean;
}

/** Why instances are not let in. */
class Unfit extends Error {
  readonly failure: Failure & Failing;

  constructor(failure: Failure, failing: readonly string[], answers: Failing["answers"]) {
    super(failure.what);
    this.failure = { ...failure, failing, answers };
  }
}

/** How instances come to serve: seen to pass their check, to last, and to be UP in every balancer; or not at all. */
export class Admission {
  readonly #args: AdmissionArgs;

  constructor(args: AdmissionArgs) {
    this.#args = args;
  }

  /** Starts new instances, which Pulumi has only created, and lets them in. */
  async start(instances: readonly string[], held: Readonly<Record<string, Held>>): Promise<void> {
    await this.#args.engine.setRestart(instances, "always");
    await this.#args.engine.start(instances);
    await this.admit(instances, held);
  }

  /** Lets new instances in, beside those that the agent holds. */
  async admit(instances: readonly string[], held: Readonly<Record<string, Held>>): Promise<void> {
    if (instances.length === 0) return;
    const { service, order, writesVolumes } = this.#args;
    const fate = order === "stop-first" ? "what was stopped for them is started again" : UNTOUCHED;
    const mayWaitForLock = order === "start-first" && writesVolumes && Object.keys(held).length > 0;
    await this.#told(fate, mayWaitForLock ? lockAdvice(service) : "", () => this.#letIn(instances, held));
  }

  async #letIn(instances: readonly string[], held: Readonly<Record<string, Held>>): Promise<void> {
    const { engine, health, balancers, registrations, service, healthTimeout, order } = this.#args;
    const deadline = performance.now() + healthTimeout * 1000;
    say(`${service.name}: waiting for ${count(instances)} to ${health.passes}`);
    await this.#awaitPassing(instances, deadline);
    const serving = Object.keys(held);
    const seen = await containerRuns(engine, [...instances, ...serving]);
    // The first of all take nobody's place. Workers pass as soon as they run; under stop-first others have just left.
    const isFirst = serving.length === 0 && service.port !== undefined && order === "start-first";
    if (!isFirst && !isProven(instances, serving, seen)) await this.#settle(instances, seen, deadline);
    const complaint = `${service.name}: not every balancer took the new instances`;
    try {
      if (service.sessions) {
        // A client that one balancer has given to a new instance must be known by all others.
        await registrations.put(
          instances.map((instance) => onlyFor("sessions", registrationOf(service, instance))),
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
    const { service, health, healthTimeout } = this.#args;
    say(`${service.name}: waiting for ${count(instances)} to ${health.passes} as well`);
    await this.#told(UNTOUCHED, "", async () => {
      await this.#awaitPassing(instances, performance.now() + healthTimeout * 1000);
      await this.#register(instances);
    });
  }

  /** Has those who are unfit reported, with what becomes of the others. */
  async #told(fate: string, advice: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      const { engine, service } = this.#args;
      const failure = { ...error.failure, advice: `${error.failure.advice}${advice}` };
      throw new CommandFailure(await failureReport(engine, service, failure, fate));
    }
  }

  /** Watches instances that pass for a while: many a fault shows only then. One that fails a check starts anew. */
  async #settle(
    instances: readonly string[],
    seen: ReadonlyMap<string, ContainerRun>,
    deadline: number,
  ): Promise<void> {
    const { health, service, settle } = this.#args;
    if (settle === 0) return;
    say(`${service.name}: watching whether they go on ${health.passing} for ${settle} s`);
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
    if (gone.length > 0) throw new Unfit(health.didNotLast, gone, await health.awaitPassing(gone, 0));
  }

  async #awaitPassing(instances: readonly string[], deadline: number): Promise<void> {
    const { health, healthTimeout } = this.#args;
    const left = Math.max(0, deadline - performance.now()) / 1000;
    const failing = await health.awaitPassing(instances, left);
    if (failing.size > 0) throw new Unfit(health.neverPassed(healthTimeout), [...failing.keys()], failing);
  }
}

const lockAdvice = ({ name }: ServiceDefinition) =>
  `\nIf they waited for something that only one copy can have, such as a lock on a volume: set flotilla:services.${name} ` +
  "to rollout: { order: stop-first }, which stops the old copies before it starts the new.";
