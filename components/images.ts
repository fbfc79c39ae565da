import type { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { BringImageArgs } from "../commands/bring-image.ts";
import type { HostSettings, RegistrySettings } from "../config/settings.ts";
import type { OwnImage } from "../lib/images/own-images.ts";
import type { BuiltImagePlan, ImagePlans, ServiceImagePlan, TakenImagePlan } from "../lib/images/plan.ts";
import { imageBringerName, imageLabels } from "../lib/names.ts";
import { programCommand } from "./command-input.ts";
import * as docker from "./docker.ts";

/** Arguments for {@link Images}. */
export interface ImagesArgs {
  readonly stack: string;
  readonly hosts: readonly HostSettings[];
  readonly registry?: RegistrySettings;
  readonly plans: ImagePlans;
}

/** An image as one host has it. */
export interface HostImage {
  /** Id on that host, so that a changed image means a changed container. */
  readonly imageId: pulumi.Output<string>;
  /** Name with tag, for people. */
  readonly reference: pulumi.Output<string>;
}

/** Whose image it is. */
type ImageOwner = { readonly service: string } | { readonly job: string } | { readonly own: OwnImage };

const isMissing = ({ missing }: BuiltImagePlan) => missing.on.length > 0;

/**
 * Every image that the stack needs. What it builds is built once, as soon as anything that goes into it changes or a host
 * has lost it, and brought to all hosts that are to have it.
 */
export class Images extends pulumi.ComponentResource {
  readonly #plans: ImagePlans;
  readonly #brought: ReadonlyMap<BuiltImagePlan, Command>;

  constructor(
    name: string,
    { stack, hosts, registry, plans }: ImagesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("flotilla:index:Images", name, {}, opts);
    this.#plans = plans;
    const argsOf = (plan: BuiltImagePlan, of: ImageOwner): BringImageArgs => ({
      reference: plan.reference,
      labels: imageLabels(stack, of),
      ...(plan.build && { build: plan.build }),
      hosts: hosts.filter(({ key }) => plan.hosts.includes(key)).map(({ key, docker }) => ({ key, docker })),
      ...(registry && { registry }),
      ...(isMissing(plan) && { missing: plan.missing.at }),
      // Versions of a service are kept for as long as it can go back to them.
      replacesOthers: !("service" in of),
    });
    const bring = (name: string, args: BringImageArgs | readonly BringImageArgs[], isIdle: boolean) =>
      programCommand<BringImageArgs | readonly BringImageArgs[]>(
        name,
        { update: "bring-image.ts" },
        args,
        // While every host has it there is nothing to do.
        { parent: this, ignoreChanges: isIdle ? ["stdin"] : [] },
      );
    // All of our own at once. The underscore, which no key has, keeps them apart from those of services.
    const missing = [...plans.own].filter(([, plan]) => isMissing(plan));
    const ours = missing.map(([own, plan]) => argsOf(plan, { own }));
    const own = bring("own_images", ours, missing.length === 0);
    const users = [
      ...[...plans.services].map(([service, plan]) => ({ name: service, plan, of: { service } })),
      ...[...plans.jobs].map(([job, plan]) => ({ name: job, plan, of: { job } })),
    ];
    const services = users.flatMap(({ name, plan, of }) => {
      if (plan.kind !== "built") return [];
      return [[plan, bring(imageBringerName(name), argsOf(plan, of), !isMissing(plan))] as const];
    });
    this.#brought = new Map([...[...plans.own.values()].map((plan) => [plan, own] as const), ...services]);
    this.registerOutputs({});
  }

  /** Whether one of our own images is to be on a host. */
  isWanted(role: OwnImage, host: string): boolean {
    return this.#plans.own.get(role)?.hosts.includes(host) ?? false;
  }

  /** One of our own images on a host, as a resource of that name. */
  own(role: OwnImage, name: string, host: string, opts: pulumi.CustomResourceOptions): HostImage {
    const plan = this.#plans.own.get(role);
    if (plan === undefined) throw new Error(`no image ${role} is planned`);
    return this.#built(plan, name, host, opts);
  }

  /** A service's image on a host, as a resource of that name. */
  ofService(service: string, name: string, host: string, opts: pulumi.CustomResourceOptions): HostImage {
    return this.#ofUser(this.#plans.services.get(service), name, host, opts);
  }

  /** A job's own image on a host, as a resource of that name. */
  ofJob(job: string, name: string, host: string, opts: pulumi.CustomResourceOptions): HostImage {
    return this.#ofUser(this.#plans.jobs.get(job), name, host, opts);
  }

  #ofUser(
    plan: ServiceImagePlan | undefined,
    name: string,
    host: string,
    opts: pulumi.CustomResourceOptions,
  ): HostImage {
    if (plan === undefined) throw new Error(`no image is planned for ${name}`);
    return plan.kind === "built" ? this.#built(plan, name, host, opts) : taken(plan, name, host, opts);
  }

  /** Reads what the host has under the name, or gets to know that it has nothing. */
  #built(plan: BuiltImagePlan, name: string, host: string, opts: pulumi.CustomResourceOptions): HostImage {
    const { reference, missing } = plan;
    const isMissing = missing.on.includes(host);
    const brought = this.#brought.get(plan);
    const image = new docker.RemoteImage(
      name,
      { name: reference, keepLocally: true, ...(isMissing && { triggers: { missing: missing.at } }) },
      { ...opts, ...(brought && { dependsOn: brought }), ignoreChanges: isMissing ? [] : ["triggers"] },
    );
    return { imageId: image.imageId, reference: image.name };
  }
}

/**
 * Somebody else's image, pulled by the host's engine where it has not got it. The name as configured is part of the
 * resource's: another one is another resource, which must not stay with what the old one was pinned to.
 */
function taken(
  plan: TakenImagePlan,
  name: string,
  host: string,
  opts: pulumi.CustomResourceOptions,
): HostImage {
  const pinned = plan.pinned?.get(host);
  const image = new docker.RemoteImage(
    `${name} ${plan.image}`,
    { name: pinned ?? plan.image, keepLocally: true },
    { ...opts, ignoreChanges: pinned === undefined ? ["name"] : [] },
  );
  return { imageId: image.imageId, reference: image.name };
}
