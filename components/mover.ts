import * as pulumi from "@pulumi/pulumi";
import type { MoverArgs as Told } from "../commands/mover.ts";
import { type AttendantArgs, attendant } from "./attendant.ts";
import type { Credentials } from "./credentials.ts";

/** Arguments for {@link Mover}. */
export interface MoverArgs extends Omit<AttendantArgs<Told>, "told"> {
  readonly credentials: Credentials;
}

/**
 * Keeps the host's share of copies running of those services whose copies move between hosts: more of them while another
 * host is lost, fewer again once it is back. It asks the host's agent who is there, and does what `pulumi up` would do: see
 * commands/mover.ts.
 */
export class Mover extends pulumi.ComponentResource {
  constructor(name: string, { credentials, ...args }: MoverArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Mover", name, {}, opts);
    const { accessorId: tokenId, secretId: token } = credentials.registration;
    attendant<Told>("mover", name, { ...args, told: { token, tokenId } }, { parent: this });
    this.registerOutputs({});
  }
}
