import type { Places } from "./places.ts";

type Map = Readonly<Record<string, unknown>>;

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys whose lists are replaced as a whole. */
const replaced = ["command", "entrypoint", "test"];
/** Keys that Compose takes as maps or as lists of `NAME=value`. */
const named = ["environment", "labels", "args", "annotations", "sysctls", "additional_contexts"];

/** A service over the one that it extends, by Compose's rules: maps are merged, lists are joined, all else is replaced. */
export function mergeServices(base: Map, over: Map, places: Places): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    merged[key] = Object.hasOwn(base, key) ? mergeValues(key, base[key], value, places) : value;
  places.inherit(merged, over);
  places.inherit(merged, base);
  return merged;
}

function mergeValues(key: string, base: unknown, over: unknown, places: Places): unknown {
  if (replaced.includes(key) || base === null || over === null) return over;
  if (named.includes(key)) return mergeServices(asMap(base), asMap(over), places);
  if (key === "depends_on" || key === "networks") {
    const [first, second] = [asKeys(key, base), asKeys(key, over)];
    return mergeServices(first, second, places);
  }
  if (isMap(base) && isMap(over)) return mergeServices(base, over, places);
  if (Array.isArray(base) || Array.isArray(over)) {
    const own = [over].flat();
    const there = [base].flat();
    if (key !== "volumes") return [...new Set([...there, ...own])];
    const targets = own.map(targetOf);
    return [...there.filter((volume) => !targets.includes(targetOf(volume))), ...own];
  }
  return over;
}

/** `NAME=value` texts as a map; a name alone is null. */
export function asMap(value: unknown): Record<string, unknown> {
  if (isMap(value)) return value;
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((entry) => {
      const [, name, text] = /^([^=]*)(?:=([\s\S]*))?$/.exec(String(entry)) ?? [];
      return [name, text ?? null];
    }),
  );
}

function asKeys(key: string, value: unknown): Record<string, unknown> {
  if (isMap(value)) return value;
  const one = key === "depends_on" ? { condition: "service_started" } : null;
  return Object.fromEntries([value].flat().map((name) => [String(name), one]));
}

/** Where a volume is mounted in the container. */
function targetOf(volume: unknown): string {
  if (isMap(volume)) return String(volume.target);
  const [source = "", target = source] = String(volume).split(":");
  return target;
}
