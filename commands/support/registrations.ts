import {
  asHeld,
  type Held,
  madeWith,
  type Registration,
  type ServiceDefinition,
  tokenOf,
} from "../../lib/catalogue.ts";
import { say, within } from "../../runtime/command.ts";
import { type Consul, ConsulError } from "../../runtime/consul.ts";
import { announceChange } from "./announce-change.ts";

/** Registrations of a host's Consul agent. */
export class Registrations {
  readonly #consul: Consul;
  readonly #agent: string;
  readonly #tokenId: string;

  /** `tokenId` is the public name of the token that Consul is spoken to with. */
  constructor(consul: Consul, agent: string, tokenId: string) {
    this.#consul = consul;
    this.#agent = agent;
    this.#tokenId = tokenId;
  }

  /** A service's instances, by identity. */
  async of(service: string): Promise<Record<string, Held>> {
    const filter = encodeURIComponent(`Service == "${service}"`);
    // The agent may be restarting just now.
    return within(20, `the Consul agent ${this.#agent} does not answer`, async () => {
      const services = await this.#consul.get<Record<string, Held>>(`/v1/agent/services?filter=${filter}`);
      return services ?? {};
    });
  }

  async put(registrations: readonly Registration[]): Promise<void> {
    if (registrations.length > 0) await announceChange(this.#consul);
    for (const registration of registrations) {
      const body = madeWith(registration, this.#tokenId);
      await this.#consul.put("/v1/agent/service/register?replace-existing-checks=true", body);
    }
  }

  /** Has the agent keep the present token for instances that were registered with a former one. */
  async renew(service: ServiceDefinition, held: Readonly<Record<string, Held>>): Promise<void> {
    const outdated = Object.entries(held).filter(([, { Meta }]) => tokenOf(Meta) !== this.#tokenId);
    await this.put(outdated.map(([instance, now]) => asHeld(service, instance, now)));
  }

  /** Removes instances; those that the agent does not know are removed already. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await announceChange(this.#consul);
    for (const id of ids) {
      await this.#consul.put(`/v1/agent/service/deregister/${id}`).catch((error) => {
        if (!(error instanceof ConsulError && error.status === 404)) throw error;
      });
    }
  }

  /** Removes what did not make it; that this fails too must not hide why. */
  async takeBack(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.remove([id]).catch((error: Error) => say(`${id} is still registered: ${error.message}`));
    }
  }
}
