import type { SettingsContext } from "../../config/context.ts";
import { parseSettings } from "../../config/parse.ts";
import type { ComposeFault } from "./faults.ts";
import type { Project } from "./project.ts";
import type { Imported } from "./stack.ts";
import { plain, secretsIn } from "./stack-text.ts";

/** What the config's rules ask of the world, and what is in the stack's file beside what is imported. */
export interface Surroundings extends Omit<SettingsContext, "secretKeys"> {
  readonly there: Readonly<Record<string, unknown>>;
}

/** What flotilla's own rules have against what a compose file becomes, in places of that file. */
export function ruleFaults(
  { sections, origin }: Imported,
  project: Project,
  { there, ...context }: Surroundings,
): ComposeFault[] {
  const all = { ...sections, ...there, services: sections.services };
  const texts = Object.entries(plain(all, "in the clear") as object).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const secretKeys = new Set(secretsIn(sections).map(({ path }) => String(path[0])));
  const parsed = parseSettings(Object.fromEntries(texts), { ...context, secretKeys });
  if (!("faults" in parsed)) return [];
  return parsed.faults.map(({ path, message }) => {
    const place = origin(stepsOf(path));
    return { ...project.placeOf(place), path: place, message: `becomes ${path}, which ${message}` };
  });
}

/** Steps of a path as the config's faults have it. */
function stepsOf(path: string): (string | number)[] {
  const steps = path.replace(/^flotilla:/, "").matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...steps].map(([, quoted, index, name]) =>
    index === undefined ? (quoted ?? name ?? "") : Number(index),
  );
}
