/** What `pulumi preview --json` prints, as far as it is asked for here. */
export interface Preview {
  readonly steps?: readonly Step[];
}

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly newState?: State;
  readonly oldState?: State;
}

interface State {
  readonly custom?: boolean;
  readonly parent?: string;
}

/** What is told of a step; the others are either none, or the halves of a replacement. */
const changes: Readonly<Record<string, string>> = {
  create: "to create",
  update: "to update",
  replace: "to replace",
  delete: "to delete",
};

/** What a preview would change, part of the stack by part: such as "balancers-local (2 to replace, 1 to update)". */
export function pendingParts({ steps = [] }: Preview): string[] {
  const parents = new Map(steps.map(({ urn, newState, oldState }) => [urn, (newState ?? oldState)?.parent]));
  const partOf = (urn: string): string => {
    const parent = parents.get(urn);
    return parent && !parent.includes("::pulumi:pulumi:Stack::") ? partOf(parent) : nameOf(urn);
  };
  const parts = new Map<string, Map<string, number>>();
  for (const { op, urn, newState, oldState } of steps) {
    const change = changes[op];
    if (!change || !(newState ?? oldState)?.custom) continue;
    const counts = parts.get(partOf(urn)) ?? new Map<string, number>();
    parts.set(partOf(urn), counts.set(change, (counts.get(change) ?? 0) + 1));
  }
  return [...parts].map(
    ([part, counts]) => `${part} (${[...counts].map(([change, count]) => `${count} ${change}`).join(", ")})`,
  );
}

const nameOf = (urn: string) => urn.split("::").at(-1) ?? urn;
