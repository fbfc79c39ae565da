/**
 * The drill's clients, in a thread of their own so that nothing else delays them. Small on purpose: the usual load
 * generators either repeat what was lost (Go's HTTP client does, and with it k6) or don't count resets.
 */
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { Client, Plan } from "./plan.ts";
import type { Break, Failure, Served } from "./samples.ts";

const { plan, origin, run } = workerData as { plan: Plan; origin: number; run: string };

/** Milliseconds that a batch covers. */
const BATCH = 100;
/** Seconds after which a request without an answer has failed. */
const PATIENCE = 15;

let running = true;
let starts: number[] = [];
let latencies: number[] = [];
let slow = 0;
let messages = 0;
/** By client and server. */
let served = new Map<string, Served>();
let failures: Failure[] = [];
let breaks: Break[] = [];

/** Seconds since the load began. */
const now = () => (performance.timeOrigin + performance.now() - origin) / 1000;

function report(): void {
  const batch = { starts: Float64Array.from(starts), latencies: Float32Array.from(latencies) };
  parentPort?.postMessage({ ...batch, slow, served: [...served.values()], failures, breaks, messages });
  served = new Map();
  [starts, latencies, failures, breaks] = [[], [], [], []];
  [slow, messages] = [0, 0];
}

/** What came of a request; with a reason where that is not the answer that was asked for. */
type Outcome = Pick<Failure, "status" | "servedBy"> & Partial<Pick<Failure, "reason">>;

function noteServed(client: string, by: string, start: number, to: number): void {
  const key = `${client} ${by}`;
  served.set(key, { client, by, from: Math.min(start, served.get(key)?.from ?? start), to });
}

/** One request. */
function ask(
  { method, path, url = plan.url }: Pick<Client, "method" | "path" | "url">,
  agent: http.Agent | false,
  body: string,
): Promise<Outcome> {
  return new Promise((done) => {
    const headers = {
      "Content-Length": Buffer.byteLength(body),
      ...(plan.ownApplication && { Accept: "application/json" }),
    };
    const request = http.request(new URL(path, url), { method, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", (error) => done({ reason: messageOf(error) }));
      response.on("end", () => done(judge(response, text, body, { method, path })));
    });
    const limit = setTimeout(
      () => request.destroy(new Error(`no answer within ${PATIENCE} s`)),
      PATIENCE * 1000,
    );
    request.on("close", () => clearTimeout(limit));
    request.on("error", (error) => done({ reason: messageOf(error) }));
    request.end(body);
  });
}

function judge(
  { statusCode: status = 0, headers }: http.IncomingMessage,
  text: string,
  body: string,
  { method, path }: Pick<Client, "method" | "path">,
): Outcome {
  const servedBy = String(headers["x-served-by"] ?? "");
  const about = { status, ...(servedBy && { servedBy }) };
  if (status !== 200 && (plan.ownApplication || status >= 400))
    return { reason: `status ${status}`, ...about };
  if (!plan.ownApplication) return about;
  if (!servedBy) return { reason: "an answer that no server signed", ...about };
  if (method === "HEAD") return about;
  const expected = body || (path.startsWith("/slow") ? "answered after" : '"version"');
  return text.includes(expected) ? about : { reason: `an answer without ${expected}`, ...about };
}

function messageOf(error: NodeJS.ErrnoException): string {
  return error.message.includes(error.code ?? "") ? error.message : `${error.code} ${error.message}`;
}

let numbers = 0;

/** One request, sent again as often as its client does that; gives whether it was answered as it should. */
async function once(client: Client, agent: http.Agent | false): Promise<boolean> {
  const { name, method, url, retries } = client;
  const id = method === "POST" ? `${run}-${++numbers}` : undefined;
  const path = id ? `${client.path}${client.path.includes("?") ? "&" : "?"}id=${id}` : client.path;
  const start = now();
  const send = () => ask({ method, path, url }, agent, id ? `request ${id}` : "");
  let outcome = await send();
  for (let tries = 0; outcome.reason !== undefined && tries < retries; tries++) outcome = await send();
  const end = now();
  const { reason, servedBy } = outcome;
  if (reason !== undefined) {
    failures.push({ client: name, method, ...(id && { id }), start, end, ...outcome, reason });
    return false;
  }
  if (servedBy) noteServed(name, servedBy, start, end);
  if (client.slow) slow++;
  else {
    starts.push(start);
    latencies.push((end - start) * 1000);
  }
  return true;
}

async function repeat(client: Client): Promise<void> {
  const agent = client.keepAlive && new http.Agent({ keepAlive: true, maxSockets: 1 });
  while (running) {
    const good = await once(client, agent);
    // One that fails at once is not to be asked without end.
    const rest = good ? client.rest : Math.max(client.rest, 0.02);
    if (rest > 0) await pause(rest * 1000);
  }
  if (agent) agent.destroy();
}

/** Sends requests at a steady rate; gives when the last of them has ended. */
async function arrive({ perSecond, path }: NonNullable<Plan["arrivals"]>): Promise<void> {
  const agent = new http.Agent({ keepAlive: true });
  const client: Client = {
    name: "arrivals",
    method: "GET",
    path,
    keepAlive: true,
    rest: 0,
    retries: 0,
    slow: false,
  };
  const pending = new Set<Promise<boolean>>();
  const begin = now();
  for (let sent = 0; running; ) {
    for (const due = (now() - begin) * perSecond; sent < due; sent++) {
      const request = once(client, agent).finally(() => pending.delete(request));
      pending.add(request);
    }
    await pause(5);
  }
  await Promise.all(pending);
  agent.destroy();
}

/** Holds a WebSocket open, and opens it again when it was closed. */
async function hold(): Promise<void> {
  while (running) {
    const socket = new WebSocket(new URL("/ticks", plan.url.replace(/^http/, "ws")));
    await new Promise<void>((done) => {
      const end = setInterval(() => running || done(), BATCH);
      socket.onmessage = () => messages++;
      socket.onclose = ({ code, reason }) => {
        clearInterval(end);
        if (running)
          breaks.push({ at: now(), reason: `closed with code ${code}${reason ? `, ${reason}` : ""}` });
        done();
      };
    });
    if (running) await pause(200);
  }
}

const reporting = setInterval(report, BATCH);
parentPort?.on("message", () => {
  running = false;
});
await Promise.all([
  ...plan.clients.map(repeat),
  ...Array.from({ length: plan.sockets }, hold),
  ...(plan.arrivals ? [arrive(plan.arrivals)] : []),
]);
clearInterval(reporting);
report();
// Ends the thread with whatever connections are left: nobody waits for their farewells.
parentPort?.postMessage("done");
