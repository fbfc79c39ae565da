import http from "node:http";
import { deadlineSignal } from "./deadline.ts";

/** What the engine answers instead of doing what it was asked. */
export class EngineRefusal extends Error {
  /** Status of HTTP, such as 404 where there is no such container and 409 where its name is taken. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What is asked of an engine. */
interface Question {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly body?: unknown;
}

/**
 * An engine's own API, at its socket, for programs that run beside it. What the docker client has no words for is asked
 * here; what is to work from afar goes through `DockerEngine`. Each request ends with the deadline of whoever asks.
 */
export class EngineSocket {
  readonly #socket: string;

  constructor(socket = "/var/run/docker.sock") {
    this.#socket = socket;
  }

  /** All that the engine tells of a container. */
  async inspect(container: string): Promise<Inspected> {
    return this.#json("GET", `/containers/${encodeURIComponent(container)}/json`);
  }

  /** Containers that carry all the labels, whether they run or not. */
  async list(labels: Readonly<Record<string, string>>): Promise<Listed[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return this.#json("GET", "/containers/json", { all: true, filters: JSON.stringify({ label }) });
  }

  /** Makes a container and returns its id. */
  async create(name: string, body: object): Promise<string> {
    const { Id } = await this.#json<{ Id: string }>("POST", "/containers/create", { name }, body);
    return Id;
  }

  /** One that runs already is left as it is. */
  async start(container: string): Promise<void> {
    await this.#json("POST", `/containers/${container}/start`);
  }

  /** Ends a container: SIGTERM, and SIGKILL after so many seconds. One that has ended is left as it is. */
  async stop(container: string, graceSeconds: number): Promise<void> {
    await this.#json("POST", `/containers/${container}/stop`, { t: graceSeconds });
  }

  /** Waits for a container that was started to end, for as long as that takes, and returns its exit code. */
  async wait(container: string): Promise<number> {
    return (await this.#json<{ StatusCode: number }>("POST", `/containers/${container}/wait`)).StatusCode;
  }

  /** Takes a container away, whether it runs or not, with its unnamed volumes; one that is not there is no fault. */
  async remove(container: string): Promise<void> {
    await this.#json("DELETE", `/containers/${container}`, { v: true, force: true }).catch((error) => {
      // 409: somebody else is about to.
      if (!(error instanceof EngineRefusal && [404, 409].includes(error.status))) throw error;
    });
  }

  /**
   * What a container prints, standard output and error together as they came, from its beginning; with `follow` until it
   * ends.
   */
  async *logs(container: string, { follow = false } = {}): AsyncGenerator<Buffer> {
    const query = { stdout: true, stderr: true, follow };
    const response = await this.#ask({ method: "GET", path: `/containers/${container}/logs`, query });
    const isFramed = response.headers["content-type"] !== "application/vnd.docker.raw-stream";
    yield* isFramed ? unframed(response) : response;
  }

  async #json<T>(
    method: Question["method"],
    path: string,
    query: Question["query"] = {},
    body?: unknown,
  ): Promise<T> {
    const text = await textOf(await this.#ask({ method, path, query, body }));
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** An answer that is none of success is thrown. */
  async #ask({ method, path, query, body }: Question): Promise<http.IncomingMessage> {
    const given = Object.entries(query).map(([key, value]) => [key, String(value)] as const);
    const search = new URLSearchParams(Object.fromEntries(given)).toString();
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = http.request({
        socketPath: this.#socket,
        method,
        path: search ? `${path}?${search}` : path,
        headers: { host: "docker", ...(body !== undefined && { "content-type": "application/json" }) },
        // Nothing is kept open that could be found closed.
        agent: false,
        signal: deadlineSignal(),
      });
      request.on("response", resolve).on("error", reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
    const { statusCode: status = 0 } = response;
    if (status < 400) return response;
    const text = await textOf(response);
    throw new EngineRefusal(
      status,
      messageOf(text) || `the engine answered ${method} ${path} with ${status}`,
    );
  }
}

/** What {@link EngineSocket.inspect} returns, as far as it is looked at here. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  /** Id of its image. */
  readonly Image: string;
  readonly Config: Readonly<Record<string, unknown>> & {
    readonly Hostname?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
  readonly HostConfig: Readonly<Record<string, unknown>> & { readonly NetworkMode?: string };
  readonly NetworkSettings: {
    readonly Networks?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | null;
  };
  readonly State: {
    readonly Status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    /** In RFC 3339, the year 1 where it never was. */
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
}

/** What {@link EngineSocket.list} returns, as far as it is looked at here. */
export interface Listed {
  readonly Id: string;
  /** Each begins with a slash. */
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: Inspected["State"]["Status"];
}

/** How a clone differs from its template. */
export interface CloneArgs {
  readonly name: string;
  /** Beside the template's own, and over them: what finds containers by label must not take one for the other. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of a network, or "none". @default the template's networks */
  readonly network?: string;
  /** In the place of all volumes and folders that the template mounts: `source:path` or `source:path:ro`. @default those */
  readonly binds?: readonly string[];
  /** @default the template's */
  readonly command?: readonly string[];
  /** The template's command goes with its entrypoint. @default the template's */
  readonly entrypoint?: readonly string[];
}

/**
 * Creates a container like another one, which may run or not, and returns its id: the same image, environment, mounts, limits
 * and confinement, with a file system of its own that is as the image has it. It is not started, and the engine never starts
 * it again by itself. What only one can have it has not: published ports, fixed addresses, names in the network. Nor has it
 * files that were copied into the template.
 */
export async function cloneContainer(
  api: Pick<EngineSocket, "inspect" | "create">,
  template: string,
  args: CloneArgs,
): Promise<string> {
  return api.create(args.name, cloneOf(await api.inspect(template), args));
}

/** What the engine is to make, by what it tells of the template. */
export function cloneOf(template: Inspected, args: Omit<CloneArgs, "name">): object {
  const { Id, Image, Config, HostConfig, NetworkSettings } = template;
  const { labels, network, binds, command, entrypoint } = args;
  const { Hostname, MacAddress: _, ...config } = Config;
  // By default it is the container's own id.
  const isNamed = Hostname !== undefined && Hostname !== "" && !Id.startsWith(Hostname);
  const networks = network === undefined ? Object.keys(NetworkSettings.Networks ?? {}) : [];
  return {
    ...config,
    ...(isNamed && { Hostname }),
    // Not by name: that may be another image by now.
    Image,
    Labels: { ...Config.Labels, ...labels },
    ...(entrypoint && { Entrypoint: entrypoint, Cmd: [] }),
    ...(command && { Cmd: command }),
    HostConfig: {
      ...HostConfig,
      ...(network !== undefined && { NetworkMode: network }),
      ...(binds && { Binds: binds, Mounts: [], VolumesFrom: [] }),
      RestartPolicy: { Name: "no" },
      AutoRemove: false,
      PortBindings: {},
      PublishAllPorts: false,
      Links: [],
    },
    // Those that belong to the engine itself take nothing said of them.
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries(
        networks.filter((name) => !["none", "host"].includes(name)).map((name) => [name, {}]),
      ),
    },
  };
}

/** Takes a stream of the engine's apart: eight bytes, of which the last four are a length, and so many of what was printed. */
export async function* unframed(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of frames) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32BE(4)) {
      const end = HEADER + rest.readUInt32BE(4);
      yield rest.subarray(HEADER, end);
      rest = rest.subarray(end);
    }
  }
}

const HEADER = 8;

async function textOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function messageOf(text: string): string {
  try {
    return String(JSON.parse(text).message ?? "");
  } catch {
    return text.trim();
  }
}
