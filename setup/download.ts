import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Downloads a file whose SHA-256 a published list tells, a line each: the sum, and the file's name. Throws where the list
 * does not name it, or what came is something else.
 */
export async function downloadVerified(url: string, sums: string, file: string): Promise<void> {
  const name = url.slice(url.lastIndexOf("/") + 1);
  const lines = (await textOf(sums)).split("\n").map((line) => line.trim().split(/\s+/));
  // An asterisk marks a file that was read as it is, byte by byte.
  const [wanted] = lines.find(([, listed]) => listed?.replace(/^\*/, "") === name) ?? [];
  if (wanted === undefined) throw new Error(`${sums} has no checksum of ${name}`);
  const hash = createHash("sha256");
  await fetched(url, (body) => {
    body.on("data", (bytes) => hash.update(bytes));
    return pipeline(body, createWriteStream(file));
  });
  const found = hash.digest("hex");
  if (found !== wanted.toLowerCase()) throw new Error(`${name} has the SHA-256 ${found}, not ${wanted}`);
}

const textOf = (url: string) =>
  fetched(url, async (body) => Buffer.concat(await body.toArray()).toString("utf8"));

/** Fetches what is at a URL; gives up when nothing has come for 15 seconds. */
async function fetched<T>(url: string, take: (body: Readable) => Promise<T>): Promise<T> {
  const stalled = new AbortController();
  let watch: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(watch);
    watch = setTimeout(() => stalled.abort(new Error(`no data from ${url} for 15 s`)), 15_000);
  };
  alive();
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`);
    const body = Readable.fromWeb(response.body as import("node:stream/web").ReadableStream);
    body.on("data", alive);
    return await take(body);
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : error;
  } finally {
    clearTimeout(watch);
  }
}
