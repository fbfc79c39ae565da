import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { instanceNumber, labels } from "../../../lib/names.ts";
import { CommandFailure } from "../../../runtime/command.ts";
import type { DockerEngine } from "../../../runtime/docker.ts";

/** Characters of what a command complained of that are told. */
const COMPLAINT = 500;

/** Names of a service's copies on a host, those that run, by number. */
export async function copiesOf(
  engine: DockerEngine,
  { stack, host }: { readonly stack: string; readonly host: string },
  service: string,
  which: "running" | "all" = "running",
): Promise<string[]> {
  const names = await engine.containers(labels({ stack, host, role: "server", service }), which);
  const number = (name: string) => instanceNumber(name, { stack, service, host }) ?? 0;
  return names.toSorted((a, b) => number(a) - number(b));
}

/** Feeds what a command in a container writes to its standard output. Throws where it fails or writes nothing. */
export async function feedFrom(
  container: string,
  command: readonly string[],
  input: Writable,
): Promise<void> {
  const child = spawn("docker", ["exec", container, ...command], { stdio: ["ignore", "pipe", "pipe"] });
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const ended = endOf(child, `${command[0]} in ${container}`);
  await Promise.all([pipeline(child.stdout, input, { end: false }), ended]);
  if (bytes === 0) throw new CommandFailure(`${command[0]} in ${container} wrote nothing`);
  input.end();
}

/** Has a command in a container read what comes. */
export async function feedTo(
  container: string,
  command: readonly string[],
  { output, ended }: { readonly output: NodeJS.ReadableStream; readonly ended: Promise<void> },
): Promise<void> {
  const child = spawn("docker", ["exec", "-i", container, ...command], { stdio: ["pipe", "ignore", "pipe"] });
  const all = await Promise.allSettled([
    endOf(child, `${command[0]} in ${container}`),
    ended,
    pipeline(output, child.stdin),
  ]);
  // Where it ends before it has read all, that is what is wrong, and not that nobody takes the rest.
  const failed = all.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/** Waits for a program to end; throws what it complained of where it fails. */
export async function endOf(child: ChildProcess, what: string): Promise<void> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT);
  });
  const [code] = await once(child, "close");
  if (code !== 0)
    throw new CommandFailure(
      `${what} ended with exit code ${code}${complaint.trim() && `: ${complaint.trim()}`}`,
    );
}

/** Feeds all that a Consul holds: its own snapshot. */
export async function feedFromConsul(socket: string, token: string, input: Writable): Promise<void> {
  const response = await consul("GET", socket, token);
  await pipeline(response, input);
}

/** Has a Consul take a snapshot in the place of all that it holds. */
export async function feedToConsul(
  socket: string,
  token: string,
  { output, ended }: { readonly output: NodeJS.ReadableStream; readonly ended: Promise<void> },
): Promise<void> {
  const [response] = await Promise.all([consul("PUT", socket, token, output), ended]);
  response.resume();
}

async function consul(
  method: "GET" | "PUT",
  socketPath: string,
  token: string,
  body?: NodeJS.ReadableStream,
): Promise<http.IncomingMessage> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const headers = { "x-consul-token": token };
    const request = http.request({ method, socketPath, path: "/v1/snapshot", headers, agent: false });
    request.on("response", resolve).on("error", reject);
    if (body) body.on("error", (error) => request.destroy(error)).pipe(request);
    else request.end();
  });
  if (response.statusCode === 200) return response;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const reason = Buffer.concat(chunks).toString().trim();
  throw new CommandFailure(`Consul answered ${response.statusCode} to ${method} /v1/snapshot: ${reason}`);
}
