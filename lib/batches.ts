/**
 * The numbers of a pool's replicas, from 1, in the order in which they take their predecessors' places: so many at once
 * as the rollout allows.
 */
export function batchesOf({ replicas, surge }: { replicas: number; surge: number }): number[][] {
  return Array.from({ length: Math.ceil(replicas / surge) }, (_, batch) =>
    Array.from(
      { length: Math.min(surge, replicas - batch * surge) },
      (_, index) => batch * surge + index + 1,
    ),
  );
}
