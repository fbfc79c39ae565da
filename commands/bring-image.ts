/**
 * Has images on every host that is to have them, side by side. Each is built once: where no host and no registry has it,
 * the first host's engine builds it; the others get it from the registry, or from a host that has it where there is none.
 * Called by the resource of each image that a service is built into, and by that of all of our own.
 */

import type { RegistrySettings } from "../config/settings.ts";
import type { Endpoint } from "../lib/docker-endpoint.ts";
import type { HashedRecipe } from "../lib/images/plan.ts";
import { main } from "../runtime/command.ts";
import { ImageBringer } from "./support/image-bringer.ts";
import { ImageHost } from "./support/image-host.ts";

/** What `bring-image` is told of an image. On its standard input it has one of them, or a list. */
export interface BringImageArgs {
  /** Name with the tag. */
  readonly reference: string;
  /** What the image is to be known by, beside its name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Absent where it can't be built. */
  readonly build?: HashedRecipe;
  readonly hosts: readonly { readonly key: string; readonly docker: Endpoint }[];
  readonly registry?: RegistrySettings;
  /** Not read: when some host was seen without it, so that it is brought again. */
  readonly missing?: string;
  /** Whether images of that name with other tags are done with; those in use stay in any case. */
  readonly replacesOthers: boolean;
}

/** Seconds for all of it: a build may compile for long, but not for ever. */
const LIMIT = 2 * 60 * 60;

main<BringImageArgs | readonly BringImageArgs[]>(async (args) => {
  // One for each host, which is asked just once what it is.
  const known = new Map<string, ImageHost>();
  const hostOf = ({ key, docker }: BringImageArgs["hosts"][number]) => {
    const host = known.get(key) ?? new ImageHost(key, docker);
    known.set(key, host);
    return host;
  };
  const bringing = [args].flat().map((image) => new ImageBringer(image).bring(image.hosts.map(hostOf)));
  // One that fails cuts no other short.
  const outcomes = await Promise.allSettled(bringing);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
}, LIMIT);
