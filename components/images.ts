import type { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import type { BringImageArgs } from "../commands/bring-image.ts";
import type { HostSettings, RegistrySettings } from "../config/settings.ts";
import { type OwnImage, ownImages } from "../lib/images/own-images.ts";
import type { BuiltImagePlan, ImagePlans, TakenImagePlan } from "../lib/images/plan.ts";
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
    const bring = (
      logicalName: string,
      plan: BuiltImagePlan,
      of: { readonly service: string } | { readonly own: OwnImage },
    ): Command => {
      const { reference, build, missing } = plan;
      const isMissing = missing.on.length > 0;
      return programCommand<BringImageArgs>(
        logicalName,
        { update: "bring-image.ts" },
        {
          reference,
          labels: imageLabels(stack, of),
          ...(build && { build }),
          hosts: hosts
            .filter(({ key }) => plan.hosts.includes(key))
            .map(({ key, docker }) => ({ key, docker })),
          ...(registry && { registry }),
          ...(isMissing && { missing: missing.at }),
          // Versions of a service are kept for as long as it can go back to them.
          replacesOthers: "own" in of,
        },
        // While every host has it there is nothing to do.
        { parent: this, ignoreChanges: isMissing ? [] : ["stdin"] },
      );
    };
    // The underscore, which no key has, keeps ours apart from those of services.
    const own = ownImages.map(
      (role) => [plans.own[role], bring(`own_image-${role}`, plans.own[role], { own: role })] as const,
    );
    const services = [...plans.services].flatMap(([service, plan]) =>
      plan.kind === "built" ? [[plan, bring(imageBringerName(service), plan, { service })] as const] : [],
    );
    this.#brought = new Map([...own, ...services]);
    this.registerOutputs({});
  }

  /** One of our own images on a host, as a resource of that name. */
  own(role: OwnImage, name: string, host: string, opts: pulumi.CustomResourceOptions): HostImage {
    return this.#built(this.#plans.own[role], name, host, opts);
  }

  /** A service's image on a host, as a resource of that name. */
  ofService(service: string, name: string, host: string, opts: pulumi.CustomResourceOptions): HostImage {
    const plan = this.#plans.services.get(service);
    if (plan === undefined) throw new Error(`no image is planned for service ${service}`);
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
