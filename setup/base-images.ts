import { type BaseImage, baseImages, digests } from "../lib/base-images.ts";
import { attempt, lastLines, type Outcome } from "../runtime/program.ts";
import { say, seconds } from "./say.ts";
import { build, type Part } from "./toolchain.ts";

const parts: Record<keyof typeof baseImages, Part> = {
  debian: "image-debian",
  consul: "image-consul",
  consulTemplate: "image-consul-template",
  node: "image-node",
};

/** Makes sure that the engine holds the images that ours are built from: pulled, or else made here. */
export async function ensureBaseImages(): Promise<void> {
  const { stdout } = await attempt("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]);
  const present = new Set(stdout.split("\n"));
  const keys = Object.keys(baseImages) as (keyof typeof baseImages)[];
  const missing = keys.filter((key) => !present.has(baseImages[key]));
  const pulled = await Promise.all(missing.map((key) => pull(baseImages[key])));
  const unpulled = missing.filter((_, i) => !pulled[i]);
  if (unpulled.length > 0) await build(...unpulled.map((key) => parts[key]));
}

/** Pulls an image by its digest, where that is known, and gives it its tag. */
async function pull(image: BaseImage): Promise<boolean> {
  const start = performance.now();
  const digest = digests[image];
  const name = digest === undefined ? image : `${repositoryOf(image)}@${digest}`;
  say("images", `pulling ${image}${digest === undefined ? "" : ` as ${digest}`}…`);
  const pulled = await pullFrom(name);
  const { code, stderr } = pulled.code === 0 && name !== image ? await tag(name, image) : pulled;
  const took = seconds(performance.now() - start);
  const reason = code === 124 ? "no progress" : lastLines(stderr, 1);
  say("images", code === 0 ? `pulled ${image}${took}` : `can't pull ${image}${took}: ${reason}`);
  return code === 0;
}

export function pullFrom(name: string): Promise<Outcome> {
  return attempt("docker", ["pull", name], {
    // The registry's first answer comes fast or not at all; a layer on a slow line is silent for long.
    silence: { first: 10_000, later: 120_000 },
  });
}

const tag = (name: string, image: BaseImage) => attempt("docker", ["tag", name, image]);

const repositoryOf = (image: BaseImage) => image.slice(0, image.lastIndexOf(":"));
