import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Endpoint } from "../../lib/docker-endpoint.ts";
import { contextArchive } from "../../lib/images/archive.ts";
import type { HashedRecipe } from "../../lib/images/plan.ts";
import { labelFlags } from "../../lib/names.ts";
import { CommandFailure } from "../../runtime/command.ts";
import { deadlineSignal } from "../../runtime/deadline.ts";
import { DockerEngine } from "../../runtime/docker.ts";

/** Lines of a failed build that are shown, and characters of each. */
const SHOWN = { lines: 25, characters: 400 };

/** Environment variables that the docker client itself goes by. */
const CLIENTS_OWN = /^(PATH|HOME|\w+_PROXY|(DOCKER|BUILDX|BUILDKIT|SSH|XDG)_\w+)$/i;

/** One Docker host as a place where images are built and kept. */
export class ImageHost {
  readonly key: string;
  readonly engine: DockerEngine;
  #platform: Promise<string> | undefined;

  constructor(key: string, endpoint: Endpoint) {
    this.key = key;
    this.engine = new DockerEngine(endpoint);
  }

  /** Such as "linux/amd64". */
  platform(): Promise<string> {
    this.#platform ??= this.engine
      .docker("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")
      .then((text) => text.trim());
    return this.#platform;
  }

  async has(reference: string): Promise<boolean> {
    const list = await this.engine.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", reference);
    return list.split("\n").includes(reference);
  }

  /**
   * Builds an image by the `docker build` of this machine, whose client hands the engine just those files that were
   * hashed. Throws {@link CommandFailure} with the end of what the builder wrote, or when the folder has changed.
   */
  async build(
    reference: string,
    recipe: HashedRecipe,
    labels: Readonly<Record<string, string>>,
  ): Promise<void> {
    const args = ["build", "--tag", reference, "--file", recipe.dockerfile];
    const env = { ...process.env };
    // Whichever builder the user has chosen otherwise, the image is to be on the engine.
    delete env.BUILDX_BUILDER;
    for (const [name, value] of Object.entries(recipe.args)) {
      // A value is nobody's business on this machine, unless the client would take it for its own.
      const isClients = CLIENTS_OWN.test(name);
      args.push("--build-arg", isClients ? `${name}=${value}` : name);
      if (!isClients) env[name] = value;
    }
    args.push(...labelFlags(labels));
    const child = this.#spawn([...args, "-"], ["pipe", "pipe", "pipe"], env);
    const output = lastOf(child);
    const ended = endOf(child);
    let fault: unknown;
    const archive = checkedArchive(recipe, (error) => {
      fault = error;
      child.kill();
    });
    // A builder that gives up closes its end, and says why itself.
    await pipeline(Readable.from(archive, { objectMode: false }), child.stdin as Writable).catch(() => {});
    const code = await ended;
    if (fault !== undefined) throw fault;
    if (code !== 0) throw new CommandFailure(`${recipe.context} can't be built:\n${indented(output())}`);
  }

  /** `docker pull` or `docker push`, with the credentials of a folder where one is given. */
  async transfer(verb: "pull" | "push", reference: string, credentials?: string): Promise<void> {
    const flags = credentials === undefined ? [] : ["--config", credentials];
    await this.engine.docker(...flags, verb, "--quiet", reference);
  }

  /** Takes an image over from another host, by way of this machine. Its id stays. */
  async takeFrom(source: ImageHost, reference: string): Promise<void> {
    const save = source.#spawn(["save", reference], ["ignore", "pipe", "pipe"]);
    const load = this.#spawn(["load", "--quiet"], ["pipe", "pipe", "pipe"]);
    const outputs = [lastOf(save, "stderr"), lastOf(load)];
    const ends = [endOf(save), endOf(load)];
    await pipeline(save.stdout as Readable, load.stdin as Writable).catch(() => save.kill());
    const codes = await Promise.all(ends);
    if (codes.every((code) => code === 0)) return;
    const said = outputs.map((output) => output()).join("\n");
    throw new CommandFailure(
      `${reference} can't be brought from host ${source.key} to host ${this.key}:\n${indented(said)}`,
    );
  }

  #spawn(args: string[], stdio: ("pipe" | "ignore")[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    return spawn("docker", [...this.engine.flags, ...args], {
      stdio,
      env,
      signal: deadlineSignal(),
    });
  }
}

/** The archive of a recipe, which breaks off before its end where it is not what was hashed. */
async function* checkedArchive(
  recipe: HashedRecipe,
  onFault: (error: unknown) => void,
): AsyncGenerator<Buffer> {
  try {
    const hash = yield* contextArchive(recipe);
    if (hash === recipe.hash) return;
    throw new CommandFailure(
      `${recipe.context} has changed since it was looked at, and is not built: \`pulumi up\` again takes it as it is now.`,
    );
  } catch (error) {
    onFault(error);
    throw error;
  }
}

/** The exit code; not 0 for a client that can't be started, or is killed. */
async function endOf(child: ChildProcess): Promise<number> {
  try {
    const [code] = await once(child, "close");
    return code ?? 1;
  } catch {
    return 127;
  }
}

/** Collects what a program writes, of which only the end is kept. */
function lastOf(child: ChildProcess, ...streams: ("stdout" | "stderr")[]): () => string {
  let text = "";
  for (const stream of streams.length > 0 ? streams : (["stdout", "stderr"] as const)) {
    child[stream]?.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(-65_536);
    });
  }
  child.on("error", (error) => {
    text += error.message;
  });
  return () => text;
}

function indented(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const shown = lines.filter(Boolean).slice(-SHOWN.lines);
  return shown.map((line) => `  ${line.slice(0, SHOWN.characters)}`).join("\n");
}
