import { appendFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runInfo } from "./run-info.ts";

const notCopied = new Set([".git", ".flotilla", "node_modules"]);

/** A copy of the project, whose own files can be changed as a new release of it would. */
export class Project {
  readonly folder = join(runInfo().folder, "project");

  constructor() {
    const { root } = runInfo();
    cpSync(root, this.folder, { recursive: true, filter: (path) => !notCopied.has(basename(path)) });
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Makes another image of a template folder, whose containers are the same in all else. */
  renewImage(role: "balancer" | "consul" | "front"): void {
    appendFileSync(join(this.folder, "templates", role, "Dockerfile.mustache"), "LABEL release=next\n");
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
