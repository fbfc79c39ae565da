import http from "node:http";
import type { Sample } from "./disturbance.ts";

/** Seconds after which a request without an answer has failed. */
const PATIENCE = 10;

/** Sends requests at a steady rate over kept connections, whatever becomes of those before, and notes each of them. */
export class Observer {
  readonly #url: string;
  readonly #samples: Sample[] = [];
  readonly #pending = new Set<Promise<void>>();
  // Gives up an idle connection before any balancer does: a request that meets a closing one fails by no fault of theirs.
  readonly #agent = new http.Agent({ keepAlive: true, timeout: 4000 });
  readonly #timer: NodeJS.Timeout;

  constructor(url: string, perSecond: number) {
    this.#url = url;
    const begin = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      for (const due = ((performance.now() - begin) / 1000) * perSecond; sent < due; sent++) this.#send();
    }, 3);
  }

  /** What has been seen so far. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Waits for what is under way; gives all that was seen. */
  async stop(): Promise<readonly Sample[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    this.#agent.destroy();
    return this.#samples;
  }

  #send(): void {
    const start = Date.now();
    const request = this.#ask().then(({ server, failure }) => {
      this.#samples.push({ start, end: Date.now(), server, ...(failure && { failure }) });
      this.#pending.delete(request);
    });
    this.#pending.add(request);
  }

  #ask(): Promise<Pick<Sample, "server" | "failure">> {
    return new Promise((done) => {
      const options = { agent: this.#agent, timeout: PATIENCE * 1000 };
      const request = http.get(this.#url, options, (response) => {
        const { statusCode, headers } = response;
        const server = String(headers["x-served-by"] ?? "");
        response.resume();
        response.on("error", ({ message }) => done({ server, failure: message }));
        response.on("end", () =>
          done({ server, ...(statusCode !== 200 && { failure: `status ${statusCode}` }) }),
        );
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${PATIENCE} s`)));
      request.on("error", ({ message }) => done({ server: "", failure: message }));
    });
  }
}
