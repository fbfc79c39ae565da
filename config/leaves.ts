import type { Path } from "./faults.ts";

/** A value that holds no others, and its place. */
export interface Leaf {
  readonly path: Path;
  readonly value: unknown;
}

/** All leaves of a value; of one that holds no others, the value itself. */
export function leavesOf(value: unknown, path: Path = []): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((part, index) => leavesOf(part, [...path, index]));
  if (!isMap(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

/** The same maps and lists with other leaves. */
export function mapLeaves(value: unknown, change: (leaf: Leaf) => unknown, path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((part, index) => mapLeaves(part, change, [...path, index]));
  if (!isMap(value)) return change({ path, value });
  const parts = Object.entries(value).map(([key, part]) => [key, mapLeaves(part, change, [...path, key])]);
  return Object.fromEntries(parts);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
