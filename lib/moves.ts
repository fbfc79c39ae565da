import { stoppedStates } from "./rollout.ts";

/** What a host has of a service whose copies move. */
export interface Present {
  /** All that may run there, in the order in which they are started, with their states in Docker's words. */
  readonly instances: ReadonlyMap<string, string>;
  /** Those that requests are sent to. */
  readonly held: readonly string[];
}

/** Instances that are to serve from now on, and whether there are more of them than now, or fewer. */
export interface Move {
  readonly kind: "more" | "fewer";
  readonly serving: readonly string[];
}

/**
 * What is to be done so that so many instances serve; undefined where they do. First come those that are missing: as long as
 * any is, nobody leaves. One that the engine is about to start again is not missing.
 */
export function moveOf(share: number, { instances, held }: Present): Move | undefined {
  const all = [...instances.keys()];
  const runs = (instance: string) => !stoppedStates.includes(instances.get(instance) ?? "dead");
  const wanted = all.slice(0, share);
  const serves = (instance: string) => held.includes(instance) && runs(instance);
  const others = [...new Set([...held, ...all.filter(runs)])].filter((one) => !wanted.includes(one));
  if (!wanted.every(serves)) {
    return { kind: "more", serving: all.filter((one) => wanted.includes(one) || serves(one)) };
  }
  return others.length > 0 ? { kind: "fewer", serving: wanted } : undefined;
}
