import type { ServiceDefinition } from "../../lib/catalogue.ts";
import { poolKey } from "../../lib/consul-keys.ts";
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

  constructor(consul: Consul, { name, port }: ServiceDefinition, host: string) {
    this.#consul = consul;
    this.#isWorker = port === undefined;
    this.#size = `/v1/kv/${poolKey(name, host)}`;
    this.#history = `/v1/kv/${historyKey(name, host)}`;
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

  async forget(): Promise<void> {
    await announceChange(this.#consul);
    await this.#consul.delete(this.#size);
    await this.#consul.delete(this.#history);
  }
}
