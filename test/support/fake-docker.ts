import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";

// Every command is a few processes; a busy machine starts them slowly.
jest.setTimeout(60_000);

/** What a docker command does: write to its outputs, and end. */
export interface DockerAnswer {
  readonly code?: number;
  readonly out?: string;
  readonly err?: string;
  /** It never answers. */
  readonly hangs?: boolean;
}

/** A request to the Consul in a container. */
export interface ConsulRequest {
  /** Endpoint of the host, and name of the container. */
  readonly endpoint: string;
  readonly container: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The query's filter, empty for none. */
  readonly filter: string;
  /** The query's check-and-set index, where there is one. */
  readonly cas?: string;
  readonly token: string;
  readonly body: string;
}

/** A status other than 200 with its text, or what is sent as JSON. */
export type ConsulAnswer =
  | { readonly status: number; readonly text?: string }
  | { readonly json: unknown }
  | { readonly hangs: true };

/** Hosts as one of our commands sees them: by the docker command line client, and Consul behind `docker exec`. */
export interface FakeHosts {
  docker(endpoint: string, args: readonly string[]): DockerAnswer;
  consul(request: ConsulRequest): ConsulAnswer;
  /** A line that a command in a container was given on its standard input. */
  fed?(container: string, input: string): void;
  /** The Pulumi command line, for programs that use it. */
  pulumi?(args: readonly string[]): DockerAnswer;
}

/** Runs a command of ours, such as "register", against fake hosts. */
export async function runCommand(
  hosts: FakeHosts,
  command: string,
  args: unknown,
  ...flags: string[]
): Promise<{ code: number; said: string }> {
  const { code, said } = await runProgram(hosts, `commands/${command}.ts`, flags, JSON.stringify(args));
  return { code, said };
}

/** Runs a program of ours against fake hosts: its exit code, standard error and standard output. */
export function runProgram(
  hosts: FakeHosts,
  file: string,
  args: readonly string[],
  input = "",
): Promise<{ code: number; said: string; printed: string }> {
  return withFakeDocker(hosts, async (env) => {
    const child = spawn(process.execPath, [file, ...args], { env });
    child.stdin.end(input);
    const outputs = [text(child.stderr), text(child.stdout)];
    const [[said = "", printed = ""], [code]] = await Promise.all([
      Promise.all(outputs),
      once(child, "exit"),
    ]);
    return { code, said, printed };
  });
}

/** Runs something that is to find our `docker` when it is given this environment. */
export async function withFakeDocker<T>(
  hosts: FakeHosts,
  run: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const server = listen(hosts);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const folder = path.resolve("test/support/fake-docker");
  // What is said is compared as plain text, also where `CI` is set, which means colours to some.
  const { FORCE_COLOR: _, ...env } = process.env;
  try {
    return await run({
      ...env,
      NO_COLOR: "1",
      PATH: `${folder}:${process.env.PATH}`,
      FAKE_DOCKER_PORT: String(port),
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function listen(hosts: FakeHosts): net.Server & { closeAllConnections(): void } {
  const targets = new WeakMap<net.Socket, { endpoint: string; container: string }>();
  const consul = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://consul");
    const answer = hosts.consul({
      ...(targets.get(request.socket) ?? { endpoint: "", container: "" }),
      method: request.method ?? "",
      path: pathname,
      filter: searchParams.get("filter") ?? "",
      ...(searchParams.has("cas") && { cas: searchParams.get("cas") ?? "" }),
      token: String(request.headers["x-consul-token"]),
      body: await text(request),
    });
    if ("hangs" in answer) return;
    if ("json" in answer) response.end(JSON.stringify(answer.json));
    else response.writeHead(answer.status).end(answer.text);
  });
  const sockets = new Set<net.Socket>();
  const server = net.createServer(async (socket) => {
    sockets.add(socket.on("error", () => {}));
    const [program, ...all] = await argumentsFrom(socket);
    const [, endpoint = "", ...args] = all;
    const answer = program === "pulumi" ? hosts.pulumi?.(all) : hosts.docker(endpoint, args);
    const { code = 0, out = "", err = "", hangs } = answer ?? { code: 127 };
    if (hangs) return;
    const head = `${code} ${Buffer.byteLength(out)}\n`;
    if (code !== 0 || args[1] !== "-i") return void socket.end(`${head}${out}${err}`);
    socket.write(head);
    if (args.includes("flock")) return void socket.write("locked\n");
    if (!args.includes("socat")) {
      hosts.fed?.(args[2] ?? "", await textUntil("\n", socket));
      return void socket.end();
    }
    targets.set(socket, { endpoint, container: args[2] ?? "" });
    consul.emit("connection", socket);
  });
  return Object.assign(server.listen(0, "127.0.0.1"), {
    closeAllConnections: () => sockets.forEach((socket) => void socket.destroy()),
  });
}

/** One argument a line, up to an empty one; what follows stays in the socket. */
const argumentsFrom = async (socket: net.Socket) => (await textUntil("\n\n", socket)).trimEnd().split("\n");

async function textUntil(end: string, socket: net.Socket): Promise<string> {
  let read = "";
  while (!read.endsWith(end)) {
    const byte: Buffer | null = socket.read(1);
    if (byte) read += byte;
    else await once(socket, "readable");
  }
  return read;
}
