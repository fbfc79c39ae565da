import type { Load } from "../harness/load/load.ts";

/** Seconds between two lines where there is no terminal to write one line over and over. */
const QUIET = 15;

/** What goes on, as it goes on: a line that changes on a terminal, a line now and then elsewhere. */
export class Live {
  #load: Load | undefined;
  #text = "";
  #lastLine = 0;
  readonly #isTerminal = process.stderr.isTTY;
  readonly #timer = setInterval(() => this.#show(), 500);

  /** Says what is being done now. */
  readonly say = (text: string): void => {
    this.#text = text;
    if (this.#isTerminal) this.#show();
    else this.line(`    ${text}`);
  };

  /** Follows a load, or none. */
  readonly watch = (load: Load | undefined): void => {
    this.#load = load;
    this.#lastLine = 0;
    if (load) this.#text = "before";
    else if (this.#isTerminal) process.stderr.write("\r\x1b[K");
  };

  /** A line that stays. */
  line(text: string): void {
    process.stderr.write(`${this.#isTerminal ? "\r\x1b[K" : ""}${text}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    if (!this.#load) return;
    const { samples, seconds } = this.#load;
    const { p99 } = samples.latency(seconds - 2, seconds);
    const line =
      `    ${seconds.toFixed(0)} s: ${samples.requests.toLocaleString("en")} requests, ` +
      `${samples.failures.length} failed, p99 ${p99.toFixed(0)} ms`;
    if (this.#isTerminal) process.stderr.write(`\r\x1b[K${line} · ${this.#text}`);
    else if (seconds - this.#lastLine > QUIET) {
      this.#lastLine = seconds;
      this.line(line);
    }
  }
}
