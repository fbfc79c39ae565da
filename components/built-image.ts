import fs from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { RegistrySettings } from "../config/settings.ts";
import { contentHash } from "../lib/images/content-hash.ts";
import { imageRepository } from "../lib/names.ts";
import * as docker from "./docker.ts";

/** Arguments for {@link BuiltImage}. */
export interface BuiltImageArgs {
  /** Name without registry and tag, such as "dev-web". */
  readonly image: string;
  /** Folder to build, relative to the project. */
  readonly context: string;
  /** Dockerfile's path inside the folder. @default "Dockerfile" */
  readonly dockerfile?: string;
  /** Build arguments. @default none */
  readonly args?: Readonly<Record<string, string>>;
  /** Tag of an image that is taken, from the host or the registry, in the place of what the folder is now. */
  readonly version?: string;
  /** Where the image is pushed. @default nowhere */
  readonly registry?: RegistrySettings;
}

/**
 * An image built on a Docker host from a folder; a new one as soon as anything in the folder changes. Or one that was
 * built before, whatever the folder has become since.
 */
export class BuiltImage extends pulumi.ComponentResource {
  /** Id of the image, so that a changed image means a changed container. */
  readonly imageId: pulumi.Output<string>;
  /** Name with tag, for people. */
  readonly reference: string;

  constructor(name: string, args: BuiltImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("flotilla:index:BuiltImage", name, {}, opts);
    const { version, registry, context, dockerfile = "Dockerfile", args: buildArgs = {} } = args;
    // The tag is the content: old and new images live side by side, and going back builds nothing.
    const tag = version ?? contentHash({ context, dockerfile, args: buildArgs }).slice(0, 12);
    this.reference = `${imageRepository(args.image, registry)}:${tag}`;
    const image = new docker.RemoteImage(
      name,
      {
        name: this.reference,
        // One that was built before is on the host, and then not pulled, or else in the registry.
        ...(version === undefined && {
          build: { context, dockerfile, buildArgs },
          triggers: { content: tag },
        }),
        keepLocally: true,
      },
      { parent: this },
    );
    this.imageId = image.imageId;
    if (registry && version === undefined) this.#push(name, image, tag, registry);
    this.registerOutputs({ imageId: this.imageId });
  }

  #push(name: string, image: docker.RemoteImage, tag: string, registry: RegistrySettings): void {
    const { address, username, password } = registry;
    new docker.RegistryImage(
      name,
      {
        name: image.name,
        keepRemotely: true,
        triggers: { content: tag },
        ...(username && {
          authConfig: {
            address: address.split("/")[0] ?? address,
            username,
            password: pulumi.secret(password ?? ""),
          },
        }),
      },
      { parent: this },
    );
  }
}

/**
 * Makes a build context out of a template folder: `Dockerfile.mustache` rendered, everything else but templates copied.
 * Returns its path. It lies below `.flotilla`, relative to the project, so that every machine comes to the same inputs.
 */
export function renderedContext(
  folder: string,
  rendered: Readonly<Record<string, string>>,
  target: string,
): string {
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  for (const file of fs.readdirSync(folder).filter((file) => !file.endsWith(".mustache"))) {
    fs.copyFileSync(path.join(folder, file), path.join(target, file));
  }
  for (const [file, text] of Object.entries(rendered)) fs.writeFileSync(path.join(target, file), text);
  return target;
}
