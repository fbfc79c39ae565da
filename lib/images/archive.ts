import fs from "node:fs";
import { posix } from "node:path";
import { Header, type HeaderData, Pax } from "tar";
import { ContentHash } from "./content-hash.ts";
import { type BuildRecipe, type ContextEntry, ContextFault, readContext, unreadable } from "./context.ts";

const BLOCK = 512;
const types = { file: "File", folder: "Directory", link: "SymbolicLink" } as const;

/**
 * The context of a build as a tar archive, piece by piece, and at its end the hash of what has gone into it: what is
 * hashed is what is built, also where the folder changes meanwhile. Throws {@link ContextFault}.
 */
export async function* contextArchive(recipe: BuildRecipe): AsyncGenerator<Buffer, string> {
  const hash = new ContentHash(recipe);
  for (const entry of readContext(recipe)) {
    hash.entry(entry);
    yield headerOf(entry);
    if (entry.size === 0) continue;
    for await (const piece of contentOf(recipe.context, entry)) {
      hash.content(piece);
      yield piece;
    }
    yield Buffer.alloc((BLOCK - (entry.size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
  return hash.digest();
}

/** Everything is root's, as in any build. */
function headerOf({ path, kind, mode, size, target, modified }: ContextEntry): Buffer {
  const data: HeaderData = {
    path: kind === "folder" ? `${path}/` : path,
    type: types[kind],
    mode,
    size,
    uid: 0,
    gid: 0,
    mtime: modified,
    ...(target && { linkpath: target }),
  };
  const block = Buffer.alloc(BLOCK);
  const needsMore = new Header(data).encode(block);
  // The time is in the block, and Pax would write it in words.
  return needsMore ? Buffer.concat([new Pax({ ...data, mtime: undefined }).encode(), block]) : block;
}

async function* contentOf(context: string, { path, size }: ContextEntry): AsyncGenerator<Buffer> {
  let left = size;
  try {
    const stream = fs.createReadStream(posix.join(context, path), { end: size - 1, highWaterMark: 1 << 18 });
    for await (const piece of stream) {
      left -= piece.length;
      yield piece;
    }
  } catch (error) {
    throw unreadable(context, path, error);
  }
  if (left > 0) throw new ContextFault(`${posix.join(context, path)} became shorter while it was read`);
}
