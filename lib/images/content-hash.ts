import { createHash, type Hash } from "node:crypto";
import fs from "node:fs";
import { posix } from "node:path";
import { attempt, type BuildRecipe, type ContextEntry, ContextFault, readContext } from "./context.ts";

const CHUNK = 1 << 20;

/**
 * Hash of a build: of every path, mode, content and link in its context, and of what the builder is told besides. Times
 * and owners don't count, since no image takes them. Made step by step, entries in the context's order.
 */
export class ContentHash {
  readonly #hash: Hash;

  constructor({ dockerfile, args }: Pick<BuildRecipe, "dockerfile" | "args">) {
    const sorted = Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1));
    this.#hash = createHash("sha256").update(JSON.stringify([posix.normalize(dockerfile), sorted]));
  }

  /** Begins an entry; a file's content follows in as many bytes as its size says. */
  entry({ path, kind, mode, size, target }: ContextEntry): void {
    this.#hash.update(`\n${JSON.stringify([path, kind, mode, size, target])}\n`);
  }

  content(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The whole hash in hex; nothing can be added after it. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** Hash of a build as its folder is now. However large a file is, only a piece at a time is in memory. */
export function contentHash(
  recipe: BuildRecipe,
  entries: readonly ContextEntry[] = readContext(recipe),
): string {
  const hash = new ContentHash(recipe);
  const piece = Buffer.alloc(Math.min(CHUNK, Math.max(1, ...entries.map(({ size }) => size))));
  for (const entry of entries) {
    hash.entry(entry);
    if (entry.kind === "file") readFile(recipe.context, entry, piece, (bytes) => hash.content(bytes));
  }
  return hash.digest();
}

function readFile(
  context: string,
  { path, size }: ContextEntry,
  piece: Buffer,
  take: (bytes: Uint8Array) => void,
): void {
  attempt(context, path, () => {
    const file = fs.openSync(posix.join(context, path), "r");
    try {
      for (let left = size; left > 0; ) {
        const read = fs.readSync(file, piece, 0, Math.min(left, piece.length), null);
        if (read === 0) throw new ContextFault("it has just become shorter");
        take(piece.subarray(0, read));
        left -= read;
      }
    } finally {
      fs.closeSync(file);
    }
  });
}
