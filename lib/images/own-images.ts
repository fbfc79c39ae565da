import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Settings } from "../../config/settings.ts";
import { partsOn } from "../backups.ts";
import { baseImages } from "../base-images.ts";
import { jobHosts } from "../jobs.ts";
import { packageFolder } from "../package-folder.ts";
import { renderFile, TEMPLATES } from "../render.ts";
import { isListening } from "../requirements.ts";
import { isMoving } from "../rollout.ts";
import type { BuildRecipe } from "./context.ts";

/** Images of ours, each built from the template folder of its name. */
export const ownImages = [
  "consul",
  "balancer",
  "front",
  "warden",
  "log-keeper",
  "programs",
  "backup",
] as const;
export type OwnImage = (typeof ownImages)[number];

/** Keys of the hosts that are to have an image of ours: all, but for that of our programs, where nothing runs them. */
export function hostsWithImage(
  role: OwnImage,
  settings: Pick<Settings, "stack" | "hosts" | "services" | "jobs" | "backups">,
): string[] {
  const { hosts, services, jobs } = settings;
  const keys = hosts.map(({ key }) => key);
  if (role === "backup") {
    const backedUp = hosts.filter((host) => partsOn(settings, host).length > 0);
    return backedUp.map(({ key }) => key);
  }
  if (role !== "programs") return keys;
  const users = services.filter((service) => isMoving(service) || isListening(service));
  const ofJobs = jobs.flatMap((job) => jobHosts(job, hosts));
  return keys.filter((key) => ofJobs.includes(key) || users.some(({ hosts }) => hosts.includes(key)));
}

/** What an image of ours is built from. Renders its folder below `.flotilla`, relative to the project. */
export function ownRecipe(
  role: OwnImage,
  { stack, consul }: Pick<Settings, "stack" | "consul">,
): BuildRecipe {
  const bases = {
    debianImage: baseImages.debian,
    consulImage: consul.image,
    consulTemplateImage: baseImages.consulTemplate,
    nodeImage: baseImages.node,
  };
  const rendered = {
    Dockerfile: renderFile(`${role}/Dockerfile.mustache`, bases),
    ...((role === "programs" || role === "backup") && programFiles()),
  };
  const context = renderedContext(path.join(TEMPLATES, role), rendered, `.flotilla/${stack}/${role}`);
  return { context, dockerfile: "Dockerfile", args: {} };
}

/** Texts by path of all programs that run beside Pulumi, with what they import, and of what makes modules of them. */
function programFiles(): Record<string, string> {
  const inPackage = (file: string) => path.join(packageFolder, file);
  const sources = ["commands", "lib", "runtime"].flatMap((folder) =>
    fs
      .readdirSync(inPackage(folder), { recursive: true, encoding: "utf8" })
      .map((file) => path.join(folder, file)),
  );
  const programs = sources.filter((file) => file.endsWith(".ts"));
  const croner = path.dirname(createRequire(import.meta.url).resolve("croner/package.json"));
  const ofCroner = ["package.json", "LICENSE", "dist/croner.js"];
  return {
    "program/package.json": JSON.stringify({ type: "module" }),
    // The one package that they need.
    ...Object.fromEntries(
      ofCroner.map((file) => [
        `program/node_modules/croner/${file}`,
        fs.readFileSync(path.join(croner, file), "utf8"),
      ]),
    ),
    ...Object.fromEntries(
      programs.map((file) => [`program/${file}`, fs.readFileSync(inPackage(file), "utf8")]),
    ),
  };
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
    const to = path.join(target, file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.writeFileSync(to, text);
    fs.chmodSync(to, 0o644);
  }
  for (const entry of fs.readdirSync(target, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) fs.chmodSync(path.join(entry.parentPath, entry.name), 0o755);
  }
  return target;
}
