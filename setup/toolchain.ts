import { existsSync } from "node:fs";
import { join } from "node:path";
import { show } from "../runtime/program.ts";
import { root } from "./places.ts";
import { SetupError } from "./say.ts";

export type Part =
  | "pulumi"
  | "plugin-docker"
  | "plugin-random"
  | "plugin-command"
  | "image-debian"
  | "image-consul"
  | "image-consul-template"
  | "image-node"
  | `peer-${"caddy" | "compose" | "traefik"}`;

/** Makes parts from language and distribution packages, for a machine that can't download them. */
export async function build(...parts: Part[]): Promise<void> {
  const script = join(root, "toolchain", "build");
  if (!existsSync(script)) throw new SetupError(`${script} is missing: is this clone complete?`);
  const code = await show(script, parts);
  if (code === 0) return;
  throw new SetupError(
    `Could not make ${parts.join(", ")}; the reason is above.`,
    "What was finished is kept: running this again goes on from there. A machine that reaches get.pulumi.com and",
    "Docker Hub (HTTPS_PROXY is heeded) downloads all of it instead.",
  );
}
