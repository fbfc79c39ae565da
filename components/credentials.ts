import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { authorityOf, type Certificate, certificateOf } from "../lib/certificates.ts";
import { uuidOf } from "../lib/uuid.ts";

/** A Consul token: its public name and its secret. */
export interface Token {
  readonly accessorId: pulumi.Output<string>;
  /** Secret. */
  readonly secretId: pulumi.Output<string>;
}

/** Arguments for {@link Credentials}. */
export interface CredentialsArgs {
  /** Whether Pulumi must refuse to delete them: data outlives no key that it can be read with. */
  readonly protect: boolean;
}

/**
 * All secrets of a stack, made once and kept encrypted in its state. Each is derived from a random password rather than
 * made as a random UUID, since a UUID is also its own resource id, which Pulumi keeps in the clear.
 */
export class Credentials extends pulumi.ComponentResource {
  /** May do everything in Consul. */
  readonly management: Token;
  /** Of Consul's servers for their own upkeep. */
  readonly server: Token;
  /** Of the balancers: reads the catalogue and the routes. */
  readonly balancer: Token;
  /** Of `pulumi up`: writes registrations and routes. */
  readonly registration: Token;
  /** Of `npm run maintenance` and `npm run rollback`. */
  readonly operator: Token;
  /** Certificate of the authority by which Consul's servers and agents know each other. */
  readonly authority: pulumi.Output<string>;
  /** Key of Consul's gossip, base64 of 32 bytes. Secret. */
  readonly gossipKey: pulumi.Output<string>;
  /** Password of the statistics pages. Secret. */
  readonly statsPassword: pulumi.Output<string>;
  /** What the authority and all of its certificates derive from. */
  readonly #authoritySeed: pulumi.Output<string>;
  /** What the tokens of servers and agents derive from. */
  readonly #agentSeed: pulumi.Output<string>;

  constructor(name: string, { protect }: CredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:Credentials", name, {}, opts);
    const password = (purpose: string, length = 32) =>
      pulumi.secret(
        new RandomPassword(`${name}-${purpose}`, { length, special: false }, { parent: this, protect })
          .result,
      );

    this.management = tokenFrom(password("management"));
    this.#agentSeed = password("agent");
    this.server = tokenFrom(this.#agentSeed);
    this.balancer = tokenFrom(password("balancer"));
    this.registration = tokenFrom(password("registration"));
    this.operator = tokenFrom(password("operator"));
    this.#authoritySeed = password("authority");
    this.authority = pulumi.unsecret(this.#authoritySeed.apply((seed) => authorityOf(seed).certificate));
    this.gossipKey = password("gossip").apply((text) => createHash("sha256").update(text).digest("base64"));
    this.statsPassword = password("stats", 24);
    this.registerOutputs({});
  }

  /** Of a host's Consul agent for its own upkeep. It tells nothing of those of other hosts. */
  agentOn(host: string): Token {
    return tokenFrom(pulumi.interpolate`${this.#agentSeed} ${host}`);
  }

  /** A certificate for the DNS name, with a key of its owner's own. Secret. */
  certificateOf(name: string, owner: string): pulumi.Output<Certificate> {
    return this.#authoritySeed.apply((seed) => certificateOf(seed, name, owner));
  }
}

function tokenFrom(seed: pulumi.Output<string>): Token {
  return {
    accessorId: pulumi.unsecret(seed.apply((text) => uuidOf(`accessor ${text}`))),
    secretId: seed.apply((text) => uuidOf(`secret ${text}`)),
  };
}
