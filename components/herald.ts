import * as pulumi from "@pulumi/pulumi";
import type { HeraldArgs as Told } from "../commands/herald.ts";
import type { ServiceSettings } from "../config/settings.ts";
import { frontName } from "../lib/names.ts";
import { type AttendantArgs, attendant } from "./attendant.ts";
import type { Credentials } from "./credentials.ts";

/** Arguments for {@link Herald}. */
export interface HeraldArgs extends Omit<AttendantArgs<Told>, "told"> {
  /** All of the stack. */
  readonly services: readonly ServiceSettings[];
  readonly credentials: Credentials;
}

/**
 * Tells the host's copies of services that ask for it when the healthy copies of what they require change: see
 * commands/herald.ts.
 */
export class Herald extends pulumi.ComponentResource {
  constructor(name: string, args: HeraldArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Herald", name, {}, opts);
    const told = { token: args.credentials.balancer.secretId, listeners: listenersOn(args) };
    attendant<Told>("herald", name, { ...args, told }, { parent: this });
    this.registerOutputs({});
  }
}

function listenersOn({ stack, host, services }: HeraldArgs): Told["listeners"] {
  const here = services.filter(({ hosts }) => hosts.includes(host.key));
  return here.flatMap(({ name, requires }) =>
    requires.flatMap(({ key, service, onChange }) => {
      const port = services.find((one) => one.name === service)?.provides;
      if (onChange === undefined || port === undefined) return [];
      const address = { host: frontName(stack, host.key), port };
      return { service: name, requirement: key, provider: service, address, onChange };
    }),
  );
}
