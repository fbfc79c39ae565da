import { join } from "node:path";
import { runInfo } from "../harness/run-info.ts";
import { say } from "../harness/say.ts";
import type { Peer, PeerName, Peers } from "./peers.ts";
import type { Figure } from "./statistics.ts";

/** One benchmark at work: what it may use, and where its figures go. */
export class Session {
  readonly rounds: number;
  readonly figures: Figure[] = [];
  /** What a reader must know besides, once each. */
  readonly notes = new Set<string>();
  readonly #title: string;
  readonly #peers: Peers;
  #round = 0;

  constructor(title: string, rounds: number, peers: Peers) {
    this.#title = title;
    this.rounds = rounds;
    this.#peers = peers;
  }

  /** Its stack, and what the name of all else that it makes begins with. Names of stacks are short. */
  get name(): string {
    return `${runInfo().prefix}-${this.#title.charAt(0)}`;
  }

  /** A folder of its own for whatever it writes. */
  get folder(): string {
    return join(runInfo().folder, this.#title);
  }

  /** A peer, where there is one. A line in the results tells of those that are missing. */
  peer(name: PeerName): Peer | undefined {
    const peer = this.#peers[name];
    this.notes.add(peer ? `${name} ${peer.version}` : `${name} was missing and is not measured`);
    return peer;
  }

  async eachRound(action: (round: number) => Promise<void>): Promise<void> {
    for (this.#round = 1; this.#round <= this.rounds; this.#round++) {
      say(`${this.#title}: round ${this.#round} of ${this.rounds}`);
      await action(this.#round);
    }
  }

  /** Notes a figure; with `aside` one that is no matter of better or worse. */
  record(by: string, what: string, value: number, { aside = false } = {}): void {
    say(`  ${by}: ${what}: ${value.toFixed(2)}`);
    this.figures.push({ round: this.#round, by, what, value, ...(aside && { aside }) });
  }
}

/** Begins with another one in each round, so that none always comes first or always follows the same one. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}
