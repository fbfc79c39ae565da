import http from "node:http";
import { type RequestOptions, request } from "../../harness/http.ts";
import { sleep } from "../../harness/wait.ts";

interface Failure {
  /** Seconds since the load began. */
  at: number;
  what: string;
  why: string;
}

/** What clients saw while something was done. */
export interface Load<T> {
  /** What the action gave. */
  result: T;
  answers: number;
  failures: Failure[];
}

/** Seconds that each client rests between two requests: the load is there to see, not to press. */
const REST = 0.05;

/**
 * Keeps clients asking the simple server at `url` while an action runs, and a second before and after. Every request
 * counts as an answer or as a failure; none is repeated. An answer is good when it is the one that was asked for.
 */
export async function underLoad<T>(
  url: string,
  action: () => Promise<T>,
  methods: ("GET" | "POST")[] = ["GET", "POST"],
): Promise<Load<T>> {
  const start = performance.now();
  const load = { answers: 0, failures: [] as Failure[] };
  let running = true;

  const client = async (method: "GET" | "POST", agent: http.Agent | undefined) => {
    const target = method === "GET" ? url : new URL("/echo", url).href;
    for (let count = 0; running; count++) {
      const body = method === "GET" ? undefined : `request ${count}`;
      const why = await complaint(target, { method, body, agent });
      if (why === undefined) load.answers++;
      else {
        const at = Number(((performance.now() - start) / 1000).toFixed(2));
        load.failures.push({ at, what: `${method} ${agent ? "kept alive" : "new connection"}`, why });
      }
      await sleep(REST);
    }
    agent?.destroy();
  };
  const clients = methods.flatMap((method) =>
    [undefined, undefined, keptAlive(), keptAlive()].map((agent) => client(method, agent)),
  );
  try {
    await sleep(1);
    const result = await action();
    await sleep(1);
    return { ...load, result };
  } finally {
    running = false;
    await Promise.all(clients);
  }
}

/** Does something under load, and expects that the clients see nothing of it. Gives what the action gave. */
export async function losingNothing<T>(
  url: string,
  action: () => Promise<T>,
  methods?: ("GET" | "POST")[],
): Promise<T> {
  const { result, answers, failures } = await underLoad(url, action, methods);
  expect(failures).toEqual([]);
  // Four clients for each method, at the least two requests a second each, for the two seconds around the action.
  expect(answers).toBeGreaterThan(30);
  return result;
}

const keptAlive = () => new http.Agent({ keepAlive: true, maxSockets: 1 });

async function complaint(url: string, options: RequestOptions): Promise<string | undefined> {
  try {
    const { status, headers, body } = await request(url, options);
    if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
    if (!headers["x-served-by"]) return "no X-Served-By";
    const expected = options.body ?? "</html>";
    return body.includes(expected) ? undefined : `${body.length} characters without ${expected}`;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return message.includes(code) ? message : `${code} ${message}`;
  }
}
