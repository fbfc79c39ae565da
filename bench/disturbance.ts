/** One request; times in milliseconds of the epoch. */
export interface Sample {
  readonly start: number;
  readonly end: number;
  /** The server that answered, as it calls itself; empty where none did. */
  readonly server: string;
  /** Why it got no good answer. */
  readonly failure?: string;
}

/** What requests suffered from something that happened at one moment. */
export interface Disturbance {
  readonly failures: number;
  readonly delays: number;
  /** Seconds from the moment until the last of them was sent: from then on nothing was to be noticed. */
  readonly noticedFor: number;
  /** The longest that one of them took, in seconds. */
  readonly longest: number;
}

/** Far above any latency at rest, and below the shortest time that a balancer waits for a dead server. */
export const DELAY = 200;

/** Of the requests that ended after the moment, those that failed or took longer than `DELAY` milliseconds. */
export function disturbance(samples: readonly Sample[], moment: number): Disturbance {
  const hit = samples.filter(
    ({ start, end, failure }) => end >= moment && (failure !== undefined || end - start > DELAY),
  );
  const failures = hit.filter(({ failure }) => failure !== undefined).length;
  const last = hit.reduce((latest, { start }) => Math.max(latest, start - moment), 0);
  const longest = hit.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  return { failures, delays: hit.length - failures, noticedFor: last / 1000, longest: longest / 1000 };
}

/** When a server gave its first good answer; undefined when it has given none. */
export function firstAnswer(samples: readonly Sample[], server: string): number | undefined {
  const ends = samples
    .filter((sample) => sample.server === server && sample.failure === undefined)
    .map(({ end }) => end);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/**
 * When so many servers had given a good answer to a request that was sent after a moment, whichever they are; undefined when so
 * many have not.
 */
export function allHaveAnswered(
  samples: readonly Sample[],
  moment: number,
  servers: number,
): number | undefined {
  const since = samples.filter(({ start }) => start >= moment);
  const names = new Set(since.map(({ server }) => server));
  const firsts = [...names].flatMap((server) => firstAnswer(since, server) ?? []);
  return firsts.sort((a, b) => a - b)[servers - 1];
}
