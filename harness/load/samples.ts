/** A request that did not get what it asked for. Times are seconds since the load began. */
export interface Failure {
  /** Name of its client. */
  readonly client: string;
  readonly method: string;
  /** Number of a POST, by which the application's receipts know it. */
  readonly id?: string;
  readonly start: number;
  readonly end: number;
  readonly reason: string;
  /** HTTP status, when there was an answer. */
  readonly status?: number;
  /** The server that gave the answer, when one did. */
  readonly servedBy?: string;
}

/** The end of a long-lived connection that its client did not want. */
export interface Break {
  /** Seconds since the load began. */
  readonly at: number;
  readonly reason: string;
}

/** Good answers of one server to one client. */
export interface Served {
  readonly client: string;
  readonly by: string;
  /** When the first of these requests began and the last one ended, in seconds since the load began. */
  readonly from: number;
  readonly to: number;
}

/** What clients report a few times a second. */
export interface Batch {
  /** Of good answers: when they began, in seconds since the load began, and how long they took, in milliseconds. */
  readonly starts: Float64Array;
  readonly latencies: Float32Array;
  /** Good answers to slow requests, which have no say in latencies. */
  readonly slow: number;
  readonly served: readonly Served[];
  readonly failures: readonly Failure[];
  readonly breaks: readonly Break[];
  /** What the WebSockets have heard. */
  readonly messages: number;
}

export interface Latency {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One slice of the timeline. */
export interface Slice {
  /** Seconds since the load began. */
  readonly at: number;
  readonly answers: number;
  readonly failures: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Everything that a load's clients have seen. */
export class Samples {
  readonly failures: Failure[] = [];
  readonly breaks: Break[] = [];
  messages = 0;
  readonly #served: Served[] = [];
  #starts: Float64Array[] = [];
  #latencies: Float32Array[] = [];
  #good = 0;
  #slow = 0;

  add(batch: Batch): void {
    this.#starts.push(batch.starts);
    this.#latencies.push(batch.latencies);
    this.#good += batch.starts.length;
    this.#slow += batch.slow;
    this.#served.push(...batch.served);
    this.failures.push(...batch.failures);
    this.breaks.push(...batch.breaks);
    this.messages += batch.messages;
  }

  /** Every request, whatever became of it. */
  get requests(): number {
    return this.#good + this.#slow + this.failures.length;
  }

  /** Of the good answers to requests that began between two moments. */
  latency(from: number, to: number): Latency {
    return summary(this.#between(from, to));
  }

  /** Good answers to requests that were not slow by wish and began between two moments. */
  answers(from: number, to: number): number {
    return this.#between(from, to).length;
  }

  /** Servers that gave good answers to some clients' requests that began and ended between two moments. */
  servers(from: number, to: number, isAsked: (client: string) => boolean): string[] {
    const within = this.#served.filter((some) => some.from >= from && some.to <= to && isAsked(some.client));
    return [...new Set(within.map(({ by }) => by))].sort();
  }

  /** How it went, in slices of so many seconds. */
  timeline(width: number): Slice[] {
    const slices: { latencies: number[]; failures: number }[] = [];
    const slice = (seconds: number) => {
      const index = Math.max(0, Math.floor(seconds / width));
      while (slices.length <= index) slices.push({ latencies: [], failures: 0 });
      return slices[index] as { latencies: number[]; failures: number };
    };
    this.#each((start, latency) => slice(start + latency / 1000).latencies.push(latency));
    for (const { end } of this.failures) slice(end).failures++;
    return slices.map(({ latencies, failures }, index) => {
      const { count, p50, p99, max } = summary(Float32Array.from(latencies));
      return { at: index * width, answers: count, failures, p50, p99, max };
    });
  }

  #between(from: number, to: number): Float32Array {
    const found: number[] = [];
    this.#each((start, latency) => {
      if (start >= from && start < to) found.push(latency);
    });
    return Float32Array.from(found);
  }

  #each(visit: (start: number, latency: number) => void): void {
    for (const [batch, starts] of this.#starts.entries()) {
      const latencies = this.#latencies[batch] as Float32Array;
      for (let i = 0; i < starts.length; i++) visit(starts[i] as number, latencies[i] as number);
    }
  }
}

/** Sorts what it is given. */
function summary(latencies: Float32Array): Latency {
  latencies.sort();
  const at = (share: number) => latencies[Math.max(0, Math.ceil(latencies.length * share) - 1)] ?? 0;
  return { count: latencies.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}
