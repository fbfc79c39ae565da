import type { z } from "zod";
import { given, type Path, type Problem } from "./faults.ts";
import { configShape, type Draft } from "./shapes.ts";

/**
 * Checks the shape of every value.
 *
 * A value that is at fault is left out of the draft, so that the rules which look at several values can still
 * check all the others, and the user hears of everything at once.
 */
export function draftOf(
  raw: unknown,
  secretKeys: ReadonlySet<string>,
): { draft: Draft; problems: Problem[] } {
  const result = configShape.safeParse(raw);
  if (result.success) return { draft: result.data, problems: [] };

  const problems = problemsOf(result.error.issues, raw, secretKeys);
  const rest = structuredClone(raw);
  for (const { path } of problems) remove(rest, path);
  return { draft: draftOf(rest, secretKeys).draft, problems };
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

function problemsOf(issues: z.core.$ZodIssue[], raw: unknown, secretKeys: ReadonlySet<string>): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const steps = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...steps, key], message: issue.message, fix: "rm" }));
    }
    const { path, value } = locate(raw, steps);
    if (issue.code === "invalid_key") {
      return [{ path, message: `${issue.message}, got ${given(path.at(-1))}`, fix: "rm" }];
    }
    return [{ path, message: `${issue.message}, got ${givenAt(path, value, secretKeys)}` }];
  });
}

/** Shows a value, unless it stands where a secret belongs or may be a misplaced one. */
function givenAt(path: Path, value: unknown, secretKeys: ReadonlySet<string>): string {
  const [section = "", second, third] = path;
  const secretPlace =
    section === "services" ? third === "secrets" : section === "registry" && second === "password";
  const misplaced = secretKeys.has(String(section)) && path.length < (section === "services" ? 3 : 2);
  const isScalar = typeof value === "string" || typeof value === "number";
  return isScalar && (secretPlace || misplaced) ? "a value that is kept secret" : given(value);
}

/** Takes a value out; one that is missing though required takes the map around it along. */
function remove(raw: unknown, path: Path): void {
  const parent = locate(raw, path.slice(0, -1)).value as Record<string | number, unknown> | undefined;
  const key = path.at(-1);
  if (typeof parent !== "object" || parent === null || key === undefined) return;
  if (parent[key] === undefined && path.length > 1) remove(raw, path.slice(0, -1));
  else delete parent[key];
}
