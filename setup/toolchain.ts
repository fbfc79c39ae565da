import { existsSync } from "node:fs";
import { join } from "node:path";
import { onPath, root } from "./places.ts";
import { show } from "./run-program.ts";
import { SetupError, say } from "./say.ts";

export type Part =
  | "pulumi"
  | "plugin-docker"
  | "plugin-random"
  | "plugin-command"
  | "image-debian"
  | "image-consul"
  | "image-consul-template";

/** Makes parts from language and distribution packages, for a machine that can't download them. */
export async function build(...parts: Part[]): Promise<void> {
  if (!onPath("go")) {
    throw new SetupError(
      `Can't download ${parts.join(", ")}, nor make it: Go is missing.`,
      "Install Go (https://go.dev/dl, or your distribution's package golang, 1.25 or later), then run this again;",
      "or give this machine a way to get.pulumi.com and Docker Hub (HTTPS_PROXY is heeded).",
    );
  }
  const script = join(root, "toolchain", "build");
  if (!existsSync(script)) throw new SetupError(`${script} is missing: is this clone complete?`);
  const code = await show(script, parts);
  if (code === 0) return;
  say("toolchain", `\`toolchain/build ${parts.join(" ")}\` failed`);
  throw new SetupError(
    `Could not make ${parts.join(", ")}; the reason is above.`,
    "What was finished is kept: running this again goes on from there.",
  );
}
