import { readFileSync, writeFileSync } from "node:fs";
import { baseImages } from "../lib/base-images.ts";
import { lastLines } from "../runtime/program.ts";
import { pullFrom } from "./base-images.ts";

/**
 * node setup/pin-base-images.ts: pulls what the tags of the base images stand for now, and writes the digests into
 * lib/base-images.ts, by which set-up pulls them from then on. For a machine that reaches their registry.
 */
const file = "lib/base-images.ts";
for (const image of Object.values(baseImages)) {
  const { code, stdout, stderr } = await pullFrom(image);
  const [, digest] = /^Digest: (sha256:[0-9a-f]{64})$/m.exec(stdout) ?? [];
  if (code === 0 && digest !== undefined) {
    const lines = readFileSync(file, "utf8").split("\n");
    const start = `  "${image}": `;
    const pinned = lines.map((line) => (line.startsWith(start) ? `${start}"${digest}",` : line));
    writeFileSync(file, pinned.join("\n"));
    console.log(`${image}: ${digest}`);
  } else {
    console.error(`${image}: ${lastLines(stderr, 1) || "no digest was told"}`);
    process.exitCode = 1;
  }
}
