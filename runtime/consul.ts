import http from "node:http";
import type { Duplex } from "node:stream";
import { deadlineSignal, rounded } from "./deadline.ts";
import type { DockerEngine } from "./docker.ts";

/** Milliseconds that one request gets, beside the deadline of whoever makes it. */
const REQUEST_TIMEOUT = 30_000;

/** An answer of Consul's that is not 2xx. */
export class ConsulError extends Error {
  readonly status: number;

  constructor(method: string, path: string, status: number, body: string) {
    super(`Consul answered ${status} to ${method} ${path.split("?")[0]}: ${body.trim() || "(nothing)"}`);
    this.status = status;
  }
}

/**
 * Consul's HTTP API inside a container, one connection for all requests. Close it when done. A request that is not
 * answered in time is an error that says so (see `withDeadline`).
 */
export class Consul {
  readonly #agent: http.Agent;
  readonly #container: string;
  readonly #token: string;

  /** `engine` is whoever connects to a port inside the container. */
  constructor(engine: Pick<DockerEngine, "connect">, container: string, token: string) {
    this.#container = container;
    this.#token = token;
    this.#agent = new (class extends http.Agent {
      createConnection() {
        return socketLike(engine.connect(container, 8500));
      }
    })({ keepAlive: true, maxSockets: 1 });
  }

  /**
   * The decoded answer, or undefined where there is nothing (404). Throws {@link ConsulError} on anything else. Where the
   * cluster is asked, the leader waits until it knows all: one that has just become it would answer by what it has read of
   * its log so far.
   */
  async get<T>(path: string): Promise<T | undefined> {
    const mode = /^\/v1\/(kv|catalog)\//.test(path) ? `${path.includes("?") ? "&" : "?"}consistent` : "";
    try {
      return JSON.parse(await this.#request("GET", `${path}${mode}`)) as T;
    } catch (error) {
      if (error instanceof ConsulError && error.status === 404) return undefined;
      throw error;
    }
  }

  async put(path: string, body: unknown = ""): Promise<string> {
    return this.#request("PUT", path, textOf(body));
  }

  async post(path: string, body: unknown): Promise<string> {
    return this.#request("POST", path, textOf(body));
  }

  async delete(path: string, body: unknown = ""): Promise<void> {
    await this.#request("DELETE", path, textOf(body));
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(method: string, path: string, body = ""): Promise<string> {
    const limits = [AbortSignal.timeout(REQUEST_TIMEOUT), deadlineSignal()];
    const signal = AbortSignal.any(limits.filter((limit) => limit !== undefined));
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        const seconds = rounded((performance.now() - start) / 1000);
        const silence = `Consul in ${this.#container} gave ${method} ${path.split("?")[0]} no answer for ${seconds} s`;
        reject(signal.aborted ? new Error(silence) : error);
      };
      const request = http.request(
        {
          agent: this.#agent,
          method,
          path,
          signal,
          headers: {
            Host: "consul",
            "X-Consul-Token": this.#token,
            "Content-Length": Buffer.byteLength(body),
          },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          response.on("error", fail);
          response.on("end", () => {
            const status = response.statusCode ?? 0;
            if (status >= 200 && status < 300) resolve(text);
            else reject(new ConsulError(method, path, status, text));
          });
        },
      );
      request.on("error", fail);
      request.end(body);
    });
  }
}

const textOf = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body));

/** What node:http asks of a socket beyond being a stream. */
function socketLike(stream: Duplex): Duplex {
  return Object.assign(stream, {
    setKeepAlive: () => stream,
    setNoDelay: () => stream,
    setTimeout: () => stream,
    ref: () => stream,
    unref: () => stream,
  });
}
