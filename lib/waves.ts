/**
 * The numbers of a pool's replicas, from 1, in the order in which they take their predecessors' places: so many at once
 * as the rollout allows.
 */
export function wavesOf({ replicas, surge }: { replicas: number; surge: number }): number[][] {
  return Array.from({ length: Math.ceil(replicas / surge) }, (_, wave) =>
    Array.from({ length: Math.min(surge, replicas - wave * surge) }, (_, index) => wave * surge + index + 1),
  );
}
