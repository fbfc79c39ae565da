import { type Part, partOf, whole } from "./part.ts";
import type { Scenario } from "./scenario.ts";

const WALK = Symbol("walk");
const SINGLE = Symbol("single");

type Named = Pick<Scenario, "name" | "group" | "isWalk">;

/**
 * The scenarios that are asked for, by their names or their groups'; all where none is named. Of a group only those that
 * belong to the part, and of those that are neither in a group nor a walk, which takes the part of its steps, the share;
 * unless they are named themselves.
 */
export function choose<S extends Named>(
  all: readonly S[],
  names: readonly string[],
  part: Part,
  share: Part = whole,
): S[] {
  const kinds = Map.groupBy(all, ({ group, isWalk }) => group ?? (isWalk ? WALK : SINGLE));
  const taken = [...kinds].flatMap(([kind, members]) => {
    if (kind === WALK) return members;
    return partOf(members, kind === SINGLE ? share : part);
  });
  return all.filter((scenario) => {
    if (names.includes(scenario.name)) return true;
    const asked = names.length === 0 || (scenario.group !== undefined && names.includes(scenario.group));
    return asked && taken.includes(scenario);
  });
}

/** Names that are neither a scenario's nor a group's. */
export function unknownNames(all: readonly Named[], names: readonly string[]): string[] {
  return names.filter((asked) => !all.some(({ name, group }) => asked === name || asked === group));
}
