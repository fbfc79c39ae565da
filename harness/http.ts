import http from "node:http";

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  headers?: Record<string, string>;
  body?: string;
  /** User and password, with a colon between. */
  auth?: string;
  /** Keeps connections open between requests; without it each request has a connection of its own. */
  agent?: http.Agent;
}

/** One request and its whole answer, whatever its status. Never tries again: what fails, throws. */
export function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { body = "", agent = false, headers, ...rest } = options;
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      url,
      { ...rest, agent, headers: { ...headers, "Content-Length": Buffer.byteLength(body) }, timeout: 15_000 },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8").on("data", (part: string) => {
          text += part;
        });
        incoming.on("error", reject);
        incoming.on("end", () => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
        });
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 15 s")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export const get = (url: string, options?: RequestOptions) => request(url, options);
