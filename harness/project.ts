import {
  appendFileSync,
  cpSync,
  globSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, extname, join } from "node:path";
import { baseImages } from "../lib/base-images.ts";
import { nextRelease } from "./docker.ts";
import { runInfo } from "./run-info.ts";

const notCopied = new Set([".git", ".flotilla", "node_modules"]);

/** All that is in the repository. */
function copyProject(folder: string): void {
  cpSync(runInfo().root, folder, { recursive: true, filter: (path) => !notCopied.has(basename(path)) });
}

/** Gives a project this package, with all that it depends on, as npm would from a git repository. */
export function installInto(project: string): void {
  const modules = join(project, "node_modules");
  copyProject(join(modules, "flotilla"));
  const ours = join(runInfo().root, "node_modules");
  for (const name of readdirSync(ours)) symlinkSync(join(ours, name), join(modules, name));
}

/** A copy of the project, whose own files can be changed as a new release of it would. */
export class Project {
  #releases = 0;
  readonly folder = join(runInfo().folder, "project");

  constructor() {
    copyProject(this.folder);
    symlinkSync(join(runInfo().root, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Makes another image of a template folder, whose containers are the same in all else. */
  renewImage(role: "balancer" | "consul" | "front"): void {
    this.renew(`templates/${role}/Dockerfile.mustache`);
  }

  /** Every file that images and configurations are made from. */
  templates(): string[] {
    return globSync("templates/*/*", { cwd: this.folder }).sort();
  }

  /** Changes a template to no effect but that it is another one. */
  renew(file: string): void {
    const release = ++this.#releases;
    const comments: Record<string, string> = {
      ".html": `<!-- release ${release} -->`,
      ".lua": `-- release ${release}`,
    };
    const comment = /Dockerfile/.test(file)
      ? `LABEL release=${release}`
      : (comments[extname(file)] ?? `# release ${release}`);
    appendFileSync(join(this.folder, file), `${comment}\n`);
  }

  /** Has the images made from another base image, which differs in a label only. */
  async renewBase(image: keyof typeof baseImages): Promise<void> {
    const next = await nextRelease(baseImages[image]);
    const file = join(this.folder, "lib/base-images.ts");
    writeFileSync(file, readFileSync(file, "utf8").replace(`"${baseImages[image]}"`, `"${next}"`));
  }

  /** Changes what every balancer is configured with. */
  renewBalancerConfiguration(): void {
    const file = join(this.folder, "templates/balancer/haproxy.cfg.ctmpl.mustache");
    const text = readFileSync(file, "utf8");
    const changed = text.replace(
      /timeout http-request (\d+)s/,
      (_, s) => `timeout http-request ${Number(s) + 1}s`,
    );
    if (changed === text) throw new Error(`${file} has no such timeout`);
    writeFileSync(file, changed);
  }
}
