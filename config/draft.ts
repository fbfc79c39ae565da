import type { z } from "zod";
import { given, overlaps, type Path, type Problem } from "./faults.ts";
import { isPrivate } from "./places.ts";
import { configShape, type Draft } from "./shapes.ts";

/**
 * Checks the shape of every value.
 *
 * A value that is at fault, or already known to be, is left out of the draft, so that the rules which look at several
 * values can still check all the others, and the user hears of everything at once.
 */
export function draftOf(
  raw: unknown,
  isEncrypted: (path: Path) => boolean,
  known: readonly Problem[] = [],
): { draft: Draft; problems: Problem[] } {
  const result = configShape.safeParse(raw);
  if (result.success && known.length === 0) return { draft: result.data, problems: [] };

  const isNew = ({ path }: Problem) => !known.some((other) => overlaps(other.path, path));
  const found = problemsOf(result.error?.issues ?? [], raw, isEncrypted).filter(isNew);
  const problems = [...known, ...found];
  const rest = structuredClone(raw);
  for (const { path } of problems) remove(rest, path);
  return { draft: draftOf(rest, isEncrypted).draft, problems };
}

/** Cuts a path at the first value that holds no others: a folder given as text has no `context` to point at. */
export function locate(raw: unknown, path: Path): { path: Path; value: unknown } {
  let value = raw;
  for (const [depth, step] of path.entries()) {
    if (value === undefined || value === null) return { path, value: undefined };
    if (typeof value !== "object") return { path: path.slice(0, depth), value };
    value = (value as Record<string | number, unknown>)[step];
  }
  return { path, value };
}

function problemsOf(
  issues: z.core.$ZodIssue[],
  raw: unknown,
  isEncrypted: (path: Path) => boolean,
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const steps = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...steps, key], message: issue.message, fix: "rm" }));
    }
    const { path, value } = locate(raw, steps);
    if (issue.code === "invalid_key") {
      // A map of variables may hold a whole NAME=value where the name belongs.
      if (isPrivate(path)) return [{ path: path.slice(0, -1), message: issue.message }];
      return [{ path, message: `${issue.message}, got ${given(path.at(-1))}`, fix: "rm" }];
    }
    const got = isPrivate(path) || isEncrypted(path) ? kindOf(value) : given(value);
    return [{ path, message: `${issue.message}, got ${got}` }];
  });
}

/** What a value is, without showing it. */
function kindOf(value: unknown): string {
  if (typeof value === "string") return "a text that is not shown";
  if (typeof value === "number") return "a number that is not shown";
  return given(value);
}

/** Takes a value out; one that is missing though required takes the map around it along. */
function remove(raw: unknown, path: Path): void {
  const parent = locate(raw, path.slice(0, -1)).value as Record<string | number, unknown> | undefined;
  const key = path.at(-1);
  if (typeof parent !== "object" || parent === null || key === undefined) return;
  if (parent[key] === undefined && path.length > 1) remove(raw, path.slice(0, -1));
  else delete parent[key];
}
