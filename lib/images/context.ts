import fs from "node:fs";
import { posix } from "node:path";
import { BadPattern, DockerIgnore, type Verdict } from "./dockerignore.ts";

/** What a build is made of. */
export interface BuildRecipe {
  /** Folder, relative to the project. */
  readonly context: string;
  /** Dockerfile's path inside the folder. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
}

/** One file, folder or link of a build context. */
export interface ContextEntry {
  /** From the context down, with slashes. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  /** Permissions, with the bits above them. */
  readonly mode: number;
  /** In bytes; 0 for anything but a file. */
  readonly size: number;
  /** Where a link leads; empty for anything else. */
  readonly target: string;
  /** Goes into the image, where web servers tell by it what has changed, but makes no difference to the builder. */
  readonly modified: Date;
}

/** What keeps a folder from being built, in words for the user. */
export class ContextFault extends Error {}

/**
 * What the builder gets to see of a folder, parents before children, in an order that is the same everywhere: all that is
 * there, empty folders and links included, but for what the ignore file leaves out. As in BuildKit a file named like the
 * Dockerfile with `.dockerignore` appended goes before the folder's `.dockerignore`; the Dockerfile itself is never left
 * out, and sockets always are. Throws {@link ContextFault}, which names the file.
 */
export function readContext({
  context,
  dockerfile,
}: Pick<BuildRecipe, "context" | "dockerfile">): ContextEntry[] {
  const wanted = posix.normalize(dockerfile);
  const rules = ignoreRules(context, wanted);
  const holdsWanted = (path: string) => wanted === path || wanted.startsWith(`${path}/`);

  const below = (folder: string, above?: Verdict): ContextEntry[] => {
    const names = attempt(context, folder, () => fs.readdirSync(posix.join(context, folder))).sort();
    return names.flatMap((name) => {
      const path = posix.join(folder, name);
      const verdict = rules.judge(path, above);
      const left = verdict.ignored && !holdsWanted(path);
      if (left && !rules.hasExceptions) return [];
      const stat = attempt(context, path, () => fs.lstatSync(posix.join(context, path)));
      if (stat.isDirectory()) {
        const inside = below(path, verdict);
        // A folder that is left out is there for the sake of what is taken back in.
        return verdict.ignored && inside.length === 0 ? [] : [entryOf(context, path, stat), ...inside];
      }
      return left || stat.isSocket() ? [] : [entryOf(context, path, stat)];
    });
  };
  return below("");
}

/** Runs something that reads a path of a context; a failure names it. */
export function attempt<T>(context: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(context, path, error);
  }
}

/** That a path of a context can't be read, and why. */
export function unreadable(context: string, path: string, error: unknown): ContextFault {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = { EACCES: "permission denied", ENOENT: "it has just gone" };
  const reason = reasons[code ?? ""] ?? message;
  return new ContextFault(`${posix.join(context, path)} can't be read (${reason})`);
}

function ignoreRules(context: string, dockerfile: string): DockerIgnore {
  const file = [`${dockerfile}.dockerignore`, ".dockerignore"].find((file) =>
    fs.existsSync(posix.join(context, file)),
  );
  if (file === undefined) return new DockerIgnore("");
  const text = attempt(context, file, () => fs.readFileSync(posix.join(context, file), "utf8"));
  try {
    return new DockerIgnore(text);
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error;
    throw new ContextFault(`${posix.join(context, file)}: ${error.message}`);
  }
}

function entryOf(context: string, path: string, stat: fs.Stats): ContextEntry {
  const common = { path, mode: stat.mode & 0o7777, size: 0, target: "", modified: stat.mtime };
  if (stat.isFile()) return { ...common, kind: "file", size: stat.size };
  if (stat.isDirectory()) return { ...common, kind: "folder" };
  if (!stat.isSymbolicLink()) {
    throw new ContextFault(`${posix.join(context, path)} is a device or a pipe, which no image takes`);
  }
  const target = attempt(context, path, () => fs.readlinkSync(posix.join(context, path)));
  // The mode of a link is nobody's.
  return { ...common, kind: "link", mode: 0o777, target };
}
