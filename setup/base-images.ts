import { baseImages } from "../lib/base-images.ts";
import { attempt, lastLines } from "../runtime/program.ts";
import { say, seconds } from "./say.ts";
import { build, type Part } from "./toolchain.ts";

const parts: Record<keyof typeof baseImages, Part> = {
  debian: "image-debian",
  consul: "image-consul",
  consulTemplate: "image-consul-template",
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

async function pull(image: string): Promise<boolean> {
  const start = performance.now();
  say("images", `pulling ${image}…`);
  const { code, stderr } = await attempt("docker", ["pull", image], {
    // The registry's first answer comes fast or not at all; a layer on a slow line is silent for long.
    silence: { first: 10_000, later: 120_000 },
  });
  const took = seconds(performance.now() - start);
  const reason = code === 124 ? "no progress" : lastLines(stderr, 1);
  say("images", code === 0 ? `pulled ${image}${took}` : `can't pull ${image}${took}: ${reason}`);
  return code === 0;
}
