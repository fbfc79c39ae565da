import type { ServiceDefinition } from "../../lib/catalogue.ts";
import { movingKey, poolKey } from "../../lib/consul-keys.ts";
import { historyKey, type Version, withVersion } from "../../lib/history.ts";
import { within } from "../../runtime/command.ts";
import type { Consul } from "../../runtime/consul.ts";
import { announceChange } from "./announce-change.ts";

/** What Consul keeps of one service's pool on one host beside its instances. */
export class PoolRecord {
  readonly #consul: Consul;
  readonly #isWorker: boolean;
  readonly #size: string;
  readonly #history: string;
  readonly #moving: string;

  constructor(consul: Consul, { name, port }: ServiceDefinition, host: string) {
    this.#consul = consul;
    this.#isWorker = port === undefined;
    this.#size = `/v1/kv/${poolKey(name, host)}`;
    this.#history = `/v1/kv/${historyKey(name, host)}`;
    this.#moving = `/v1/kv/${movingKey(name, host)}`;
  }

  /**
   * Tells the balancers how many instances to expect, so that they can tell "none" from "Consul does not know". Of workers
   * they are to expect none.
   */
  async recordSize(instances: number): Promise<void> {
    await within(20, "Consul does not take the size of the pool", async () => {
      await announceChange(this.#consul);
      await this.#consul.put(this.#size, String(this.#isWorker ? 0 : instances));
    });
  }

  /** Writes down which image serves from now on, for whoever wants to go back to it. Returns all that is written. */
  async recordVersion(image: string): Promise<readonly Version[]> {
    return within(20, "Consul does not take the version", async () => {
      const history = (await this.#consul.get<Version[]>(`${this.#history}?raw`)) ?? [];
      const after = withVersion(history, image, new Date().toISOString());
      if (after !== history) await this.#consul.put(this.#history, after);
      return after;
    });
  }

  /** Tells the host's mover what it is to keep running, or that it is nothing. */
  async recordMoving(record: object | undefined): Promise<void> {
    await within(20, "Consul does not take what the mover is to do", async () => {
      if (record) await this.#consul.put(this.#moving, record);
      else if (await this.moving()) await this.#consul.delete(this.#moving);
    });
  }

  /** What the mover is told. */
  async moving<T>(): Promise<T | undefined> {
    return this.#consul.get<T>(`${this.#moving}?raw`);
  }

  async forget(): Promise<void> {
    await announceChange(this.#consul);
    await this.#consul.delete(this.#size);
    await this.#consul.delete(this.#history);
    await this.recordMoving(undefined);
  }
}
