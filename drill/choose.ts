import { type Part, partOf } from "./part.ts";
import type { Scenario } from "./scenario.ts";

type Named = Pick<Scenario, "name" | "group">;

/**
 * The scenarios that are asked for, by their names or their groups'; all where none is named. Of a group only those that
 * belong to the part, unless they are named themselves.
 */
export function choose<S extends Named>(all: readonly S[], names: readonly string[], part: Part): S[] {
  const groups = Map.groupBy(all, ({ group }) => group);
  groups.delete(undefined);
  const inPart = new Set([...groups.values()].flatMap((members) => partOf(members, part)));
  return all.filter((scenario) => {
    if (names.includes(scenario.name)) return true;
    const asked = names.length === 0 || (scenario.group !== undefined && names.includes(scenario.group));
    return asked && (scenario.group === undefined || inPart.has(scenario));
  });
}

/** Names that are neither a scenario's nor a group's. */
export function unknownNames(all: readonly Named[], names: readonly string[]): string[] {
  return names.filter((asked) => !all.some(({ name, group }) => asked === name || asked === group));
}
