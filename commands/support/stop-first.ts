import {
  asHeld,
  catalogueDiff,
  type Held,
  registrationOf,
  type ServiceDefinition,
} from "../../lib/catalogue.ts";
import { serviceBackend } from "../../lib/haproxy.ts";
import { say } from "../../runtime/command.ts";
import type { DockerEngine } from "../../runtime/docker.ts";
import type { Admission } from "./admission.ts";
import { BALANCER_TIMEOUT } from "./balancers.ts";
import { count } from "./failure-report.ts";
import type { Health } from "./health.ts";
import type { Balancing } from "./no-balancers.ts";
import type { PoolRecord } from "./pool-record.ts";
import { OF_NO_USE, turnAway, turnAwayAfter } from "./refusal.ts";
import type { Registrations } from "./registrations.ts";

/**
 * Restart policy of stopped containers, by which they stay so when the engine is started anew. It tells those that served,
 * also where an update was killed before it could start them again, from those that were of no use.
 */
const SERVED = "unless-stopped";

/** What {@link StopFirst} works with. */
export interface StopFirstArgs {
  readonly engine: DockerEngine;
  readonly registrations: Registrations;
  readonly record: PoolRecord;
  readonly health: Health;
  readonly balancers: Balancing;
  readonly admission: Admission;
  readonly service: ServiceDefinition;
  /** Seconds that instances which are started again have to pass their check. */
  readonly healthTimeout: number;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopGrace: number;
  /** Takes instances out of the balancers, and lets them finish their requests. */
  takeOut(instances: readonly string[]): Promise<void>;
}

/**
 * How instances take the places of others that they can't run beside, such as one that has locked their volume: those are
 * stopped before the new ones are started, and started again where the new ones turn out to be of no use.
 */
export class StopFirst {
  readonly #args: StopFirstArgs;

  constructor(args: StopFirstArgs) {
    this.#args = args;
  }

  /** Lets new instances in, which are not started yet, once all others of their places are stopped. */
  async admit(
    instances: readonly string[],
    others: readonly string[],
    held: Readonly<Record<string, Held>>,
  ): Promise<void> {
    if (instances.length === 0) return;
    const { engine, admission, service, stopGrace } = this.#args;
    const policies = await engine.inspect(others, "{{.HostConfig.RestartPolicy.Name}}");
    const served = others.filter((other) => other in held || policies.get(other) === SERVED);
    const beside = Object.fromEntries(
      Object.entries(held).filter(([instance]) => !others.includes(instance)),
    );
    const isOut = Object.keys(beside).length === 0;
    try {
      await this.#standDown(others, served, isOut);
      await admission.start(instances, beside);
    } catch (error) {
      if (served.length > 0) await this.#bringBack(instances, served, held);
      // Others get no requests, and may get well yet.
      else if (service.port === undefined) await turnAwayAfter(engine, instances, stopGrace);
      throw error;
    }
    if (isOut) await this.#recordSize();
  }

  async #standDown(others: readonly string[], served: readonly string[], isOut: boolean): Promise<void> {
    const { engine, record, service, stopGrace, takeOut } = this.#args;
    if (served.length > 0) {
      const gap = isOut && service.port !== undefined ? "; requests get 503 until then" : "";
      say(`${service.name}: ${count(served)} to be stopped before others are started${gap}`);
      // Or balancers that see none would take it that Consul has lost them, and keep to those.
      if (isOut) await record.recordSize(0);
      await takeOut(served);
    }
    await engine.setRestart(served, SERVED);
    const ofNoUse = others.filter((other) => !served.includes(other));
    await engine.setRestart(ofNoUse, OF_NO_USE);
    await engine.stop(others, stopGrace);
  }

  /** Whatever can't be done here must not hide why it has to be. */
  async #bringBack(
    instances: readonly string[],
    served: readonly string[],
    held: Readonly<Record<string, Held>>,
  ): Promise<void> {
    const { engine, health, balancers, registrations, service, healthTimeout, stopGrace } = this.#args;
    try {
      await turnAway(engine, instances, stopGrace);
      await engine.setRestart(served, "always");
      await engine.start(served);
      // Those that had another check can't be asked by this one.
      const { change } = catalogueDiff(service, served, held);
      const askable = served.filter((instance) => !change.includes(instance));
      const failing = askable.length > 0 ? await health.awaitPassing(askable, healthTimeout) : new Map();
      await registrations.put(
        served.map((instance) =>
          asHeld(service, instance, held[instance] ?? registrationOf(service, instance)),
        ),
      );
      await this.#recordSize();
      const missing = await balancers.await("up", serviceBackend(service.name), served, BALANCER_TIMEOUT);
      const faults = [
        ...(failing.size > 0 ? [`${failing.size} did not pass within ${healthTimeout} s`] : []),
        ...missing,
      ];
      const but = faults.length > 0 ? `, but ${faults.join("; ")}` : "";
      say(`${service.name}: ${count(served)} that served before started again${but}`);
    } catch (error) {
      say(`${service.name}: what served before could not be started again: ${(error as Error).message}`);
    }
  }

  async #recordSize(): Promise<void> {
    const { record, registrations, service } = this.#args;
    await record.recordSize(Object.keys(await registrations.of(service.name)).length);
  }
}
