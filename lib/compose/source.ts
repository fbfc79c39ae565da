import { join } from "node:path";
import { listed } from "../../config/faults.ts";
import { asMap, isMap } from "./merge.ts";
import { seenFrom } from "./paths.ts";
import { hasCredentials, isSecret } from "./secrecy.ts";
import type { Passage } from "./service.ts";

/** Keys of `build` that nothing here has, and why. */
export const leftOfBuild: Readonly<Record<string, string>> = {
  additional_contexts:
    "an image is built from one folder: what it needs has to be in there, or in another image",
  cache_from: "the builder keeps its own cache",
  cache_to: "the builder keeps its own cache",
  entitlements: "the build gets no rights beyond those of `docker build`",
  extra_hosts: "the build asks the host's DNS",
  isolation: "is for Windows",
  labels: "images have flotilla's own labels; the Dockerfile can have others",
  network: "the build has the builder's own",
  no_cache: "a folder that is the same is the same image",
  no_cache_filter: "a folder that is the same is the same image",
  platforms: "it is built for the host",
  privileged: "the build gets no rights beyond those of `docker build`",
  provenance: "none is made",
  pull: "base images stay as the builder has them",
  sbom: "none is made",
  secrets: "the build gets no secrets",
  shm_size: "the builder's own",
  ssh: "the build gets no keys",
  tags: "an image's tag is made of its content",
  ulimits: "the builder's own",
};

/** Where a service's image comes from. `project` is the folder that paths are relative to. */
export function sourceKeys({ service, notes, written }: Passage, project: string): void {
  const { build, image, pull_policy } = service;
  if (build === undefined) {
    if (typeof image === "string") {
      written.image = image.replace(/^docker\.io\//, "");
      notes.taken("image", image);
    }
  } else {
    if (image !== undefined)
      notes.left("image", `${image}: the folder is built, and the image gets a name of its own`);
    const said = isMap(build) ? build : { context: build };
    const context = String(said.context);
    const folder = seenFrom(project, context);
    const args = buildArguments(said.args, notes);
    const dockerfile =
      said.dockerfile === undefined ? undefined : String(said.dockerfile).replace(/^\.\//, "");
    const isPlain =
      (dockerfile === undefined || dockerfile === "Dockerfile") && Object.keys(args).length === 0;
    written.build = isPlain
      ? folder
      : {
          context: folder,
          ...(dockerfile !== undefined && {
            dockerfile: dockerfile.startsWith("/")
              ? seenFrom(context, dockerfile).replace(/^\.\//, "")
              : dockerfile,
          }),
          ...(Object.keys(args).length > 0 && { args }),
        };
    notes.taken("build", folder + (dockerfile === undefined ? "" : ` (${dockerfile})`));
    if (said.dockerfile_inline !== undefined)
      notes.left("build.dockerfile_inline", `write it to ${join(folder, "Dockerfile")}`);
    if (said.target !== undefined)
      notes.changed(
        "build.target",
        `the last stage is built, and not ${said.target}: let that be the last one, in a Dockerfile of its own`,
      );
    for (const [key, reason] of Object.entries(leftOfBuild))
      if (said[key] !== undefined) notes.left(`build.${key}`, reason);
  }
  if (pull_policy !== undefined) pullPolicy(String(pull_policy));

  function pullPolicy(policy: string): void {
    if (build !== undefined)
      notes.taken("pull_policy", policy === "build" ? policy : `${policy}, of which a built image has none`);
    else if (["never", "missing", "if_not_present"].includes(policy)) {
      written.pin = false;
      notes.taken("pull_policy", `${policy}: pin is false`);
    } else notes.taken("pull_policy", `${policy}: each \`pulumi up\` looks`);
  }
}

function buildArguments(args: unknown, notes: Passage["notes"]): Record<string, string> {
  const all = Object.entries(asMap(args ?? {}));
  const isOpen = ([name, value]: [string, unknown]) =>
    value !== null && !isSecret(name, String(value)) && !hasCredentials(String(value));
  const secret = all.filter((entry) => entry[1] !== null && !isOpen(entry)).map(([name]) => name);
  if (secret.length > 0)
    notes.left(
      "build.args",
      `${listed(secret)}: arguments stand in the open, in the stack's file and the image`,
    );
  const unset = all.filter(([, value]) => value === null).map(([name]) => name);
  if (unset.length > 0)
    notes.left("build.args", `${listed(unset)}: without a value; the Dockerfile's default holds`);
  const open = all.filter(isOpen).map(([name, value]): [string, string] => [name, String(value)]);
  if (open.length > 0) notes.taken("build.args", open.map(([name]) => name).join(", "));
  return Object.fromEntries(open);
}
