import fs from "node:fs";
import path from "node:path";
import type { Settings } from "../../config/settings.ts";
import { baseImages } from "../base-images.ts";
import { renderFile } from "../render.ts";
import type { BuildRecipe } from "./context.ts";

/** Images of ours, each built from the template folder of its name. */
export const ownImages = ["consul", "balancer", "front", "warden", "log-keeper"] as const;
export type OwnImage = (typeof ownImages)[number];

/** What an image of ours is built from. Renders its folder below `.flotilla`, relative to the project. */
export function ownRecipe(
  role: OwnImage,
  { stack, consul }: Pick<Settings, "stack" | "consul">,
): BuildRecipe {
  const bases = {
    debianImage: baseImages.debian,
    consulImage: consul.image,
    consulTemplateImage: baseImages.consulTemplate,
  };
  const rendered = { Dockerfile: renderFile(`${role}/Dockerfile.mustache`, bases) };
  const context = renderedContext(`templates/${role}`, rendered, `.flotilla/${stack}/${role}`);
  return { context, dockerfile: "Dockerfile", args: {} };
}

/**
 * Makes a build context out of a template folder: `Dockerfile.mustache` rendered, everything else but templates copied.
 * Returns its path. Modes are the same whatever the umask of the clone, so that every machine comes to the same image.
 */
export function renderedContext(
  folder: string,
  rendered: Readonly<Record<string, string>>,
  target: string,
): string {
  fs.rmSync(target, { recursive: true, force: true });
  fs.mkdirSync(target, { recursive: true });
  for (const file of fs.readdirSync(folder).filter((file) => !file.endsWith(".mustache"))) {
    const [from, to] = [path.join(folder, file), path.join(target, file)];
    fs.copyFileSync(from, to);
    fs.chmodSync(to, fs.statSync(from).mode & 0o100 ? 0o755 : 0o644);
  }
  for (const [file, text] of Object.entries(rendered)) {
    fs.writeFileSync(path.join(target, file), text);
    fs.chmodSync(path.join(target, file), 0o644);
  }
  return target;
}
