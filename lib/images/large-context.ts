import type { ContextEntry } from "./context.ts";

/** Bytes from which a build context is worth a word. */
const LARGE = 200e6;

/** How much goes into a build, and its largest files, where that is a lot; undefined where it is not. */
export function largeContext(context: string, entries: readonly ContextEntry[]): string | undefined {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total <= LARGE) return undefined;
  const largest = entries.toSorted((a, b) => b.size - a.size).slice(0, 3);
  const told = largest.map(({ path, size }) => `${path} (${megabytes(size)})`).join(", ");
  return `${context}: ${megabytes(total)} go into the build, most of it ${told}. What the image does not need belongs into .dockerignore.`;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
