import type { Settings } from "../../config/settings.ts";
import { imageOwners } from "../jobs.ts";
import { imageName, imageRepository } from "../names.ts";
import { contentHash } from "./content-hash.ts";
import { type BuildRecipe, readContext } from "./context.ts";
import type { HostsView } from "./hosts-view.ts";
import { largeContext } from "./large-context.ts";
import { hostsWithImage, type OwnImage, ownImages, ownRecipe } from "./own-images.ts";

/** A recipe, and the hash of what it makes. */
export interface HashedRecipe extends BuildRecipe {
  readonly hash: string;
}

/** An image that is built by the stack, or was. */
export interface BuiltImagePlan {
  readonly kind: "built";
  /** Name with the tag, which is the content: old and new images live side by side. */
  readonly reference: string;
  /** What it is built from; absent for one that can only be on a host or in the registry. */
  readonly build?: HashedRecipe;
  /** Keys of the hosts that are to have it. */
  readonly hosts: readonly string[];
  /** Those that have not got it, and when that was seen, in ISO format. */
  readonly missing: { readonly on: readonly string[]; readonly at: string };
}

/** An image of somebody else's. */
export interface TakenImagePlan {
  readonly kind: "taken";
  /** As the config names it. */
  readonly image: string;
  /**
   * The same with the digest that its tag stands for now, by host; without one where digests are not asked for.
   * Undefined where the registry could not be asked: what is pinned already stays.
   */
  readonly pinned: ReadonlyMap<string, string> | undefined;
}

export type ServiceImagePlan = BuiltImagePlan | TakenImagePlan;

/** Every image that the stack needs. */
export interface ImagePlans {
  /** Ours, but for those that no host is to have. */
  readonly own: ReadonlyMap<OwnImage, BuiltImagePlan>;
  /** By the name of the service. */
  readonly services: ReadonlyMap<string, ServiceImagePlan>;
  /** By the name of the job, of those that have one of their own. */
  readonly jobs: ReadonlyMap<string, ServiceImagePlan>;
  /** What the user should know, in whole sentences. */
  readonly warnings: readonly string[];
}

/** Plans every image, given what the hosts have. Throws ContextFault for a folder that can't be built. */
export function planImages(settings: Settings, view: HostsView): ImagePlans {
  const warnings: string[] = [...view.warnings];
  const built = (
    image: string,
    recipe: BuildRecipe,
    hosts: readonly string[],
    version?: string,
  ): BuiltImagePlan => {
    const entries = readContext(recipe);
    const hash = contentHash(recipe, entries);
    const tag = version ?? tagOf(hash);
    const warning = largeContext(recipe.context, entries);
    if (warning) warnings.push(warning);
    const reference = `${imageRepository(image, settings.registry)}:${tag}`;
    return {
      kind: "built",
      reference,
      // A version that the folder still makes, or makes again, can be built if need be.
      ...(tag === tagOf(hash) && { build: { ...recipe, hash } }),
      hosts,
      missing: { on: hosts.filter((host) => !view.has(host, reference)), at: view.at },
    };
  };
  const { stack } = settings;
  const own = ownImages.flatMap((role) => {
    const hosts = hostsWithImage(role, settings);
    if (hosts.length === 0) return [];
    return [[role, built(imageName(stack, role), ownRecipe(role, settings), hosts)] as const];
  });
  const planned = imageOwners(settings).map(({ kind, name, source, hosts }) => {
    const plan = (): ServiceImagePlan => {
      if (source.kind === "image") return { kind: "taken", image: source.image, pinned: view.pinned(name) };
      const { kind: _, version, ...recipe } = source;
      return built(imageName(stack, name), recipe, hosts, version);
    };
    return { kind, entry: [name, plan()] as const };
  });
  const of = (wanted: "service" | "job") =>
    new Map(planned.flatMap(({ kind, entry }) => (kind === wanted ? [entry] : [])));
  return { own: new Map(own), services: of("service"), jobs: of("job"), warnings };
}

/** The tag that a build's content gets. */
export const tagOf = (hash: string) => hash.slice(0, 12);
