import type { Peers } from "./peers.ts";

export const titles = [
  "deploy",
  "traffic",
  "data",
  "backup",
  "failure",
  "reload",
  "growth",
  "hosts",
  "reschedule",
  "mocks",
] as const;
export type Title = (typeof titles)[number];

/** What is to be measured. */
export interface Plan {
  readonly benchmarks: readonly Title[];
  readonly rounds: Readonly<Record<Title, number>>;
  /** Numbers of copies that growth goes through. */
  readonly sizes: readonly number[];
  readonly peers: Peers;
  /** What the results say about the engine. */
  readonly engine: string;
  /** File for the results as a page, with the figures as JSON beside it. */
  readonly markdown?: string;
}

/** Growth and hosts take as long as all the others together, so that they and the like go fewer rounds: three for others' five. */
export function roundsOf(rounds: number): Plan["rounds"] {
  const fewer = Math.ceil(rounds / 2);
  return {
    deploy: rounds,
    traffic: rounds,
    data: rounds,
    backup: fewer,
    failure: rounds,
    reload: rounds,
    growth: fewer,
    hosts: fewer,
    reschedule: fewer,
    mocks: fewer,
  };
}
