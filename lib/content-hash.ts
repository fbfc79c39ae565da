import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { dockerignore } from "./dockerignore.ts";

/** What a build is told beside its folder. */
export interface BuildOptions {
  readonly dockerfile?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
}

/**
 * Hash of what a Docker build would get to see of a folder: paths, contents and executable bits, less what
 * .dockerignore leaves out. Times and owners don't count, so that every clone comes to the same hash.
 */
export function contentHash(folder: string, options: BuildOptions = {}): string {
  const hash = createHash("sha256").update(JSON.stringify(options));
  const ignoreFile = path.join(folder, ".dockerignore");
  const ignores = dockerignore(fs.existsSync(ignoreFile) ? fs.readFileSync(ignoreFile, "utf8") : "");
  // Docker takes the Dockerfile along even where it is ignored.
  const { dockerfile = "Dockerfile" } = options;

  for (const file of filesBelow(folder).filter((file) => file === dockerfile || !ignores(file))) {
    const full = path.join(folder, file);
    const stat = fs.lstatSync(full);
    hash.update(`\0${file}\0${stat.mode & 0o111 ? "x" : "-"}\0`);
    hash.update(stat.isSymbolicLink() ? fs.readlinkSync(full) : fs.readFileSync(full));
  }
  return hash.digest("hex");
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
