import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { addressOf, clientFlags, type Endpoint } from "../lib/docker-endpoint.ts";
import { rounded } from "./deadline.ts";
import { attempt, type Outcome } from "./program.ts";

/** How often, and milliseconds after which, the engine is asked again for what it refuses for a moment only. */
const TRIES = 10;
const PAUSE = 200;

/**
 * One Docker host, by its endpoint. Everything goes through the docker CLI, which knows unix, ssh and tcp endpoints
 * alike: the operator's machine need not be the Docker host. Whatever the engine does not answer to in time is an error
 * that says so (see `withDeadline`).
 */
export class DockerEngine {
  /** For people. */
  readonly endpoint: string;
  /** What the docker client is told first, whatever it is to do. */
  readonly flags: readonly string[];

  constructor(endpoint: Endpoint) {
    this.endpoint = addressOf(endpoint);
    this.flags = clientFlags(endpoint);
  }

  /** Runs `docker ARGS` and returns what it wrote to its standard output. Throws what it wrote to standard error. */
  async docker(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args);
    if (code !== 0) throw new Error(stderr.trim() || `docker ${args[0]} ended with exit code ${code}`);
    return stdout;
  }

  /** Names of the containers that carry all the labels: those that run, or all that there are. */
  async containers(
    labels: Readonly<Record<string, string>>,
    which: "running" | "all" = "running",
  ): Promise<string[]> {
    const filters = Object.entries(labels).flatMap(([label, value]) => [
      "--filter",
      `label=${label}=${value}`,
    ]);
    const state = which === "all" ? ["--all"] : ["--filter", "status=running"];
    const names = await this.docker("ps", ...state, "--format", "{{.Names}}", ...filters);
    return names.split("\n").filter(Boolean).sort();
  }

  /** What a template of `docker inspect` makes of containers, a line each, by name; less those that are not there. */
  async inspect(containers: readonly string[], format: string): Promise<Map<string, string>> {
    if (containers.length === 0) return new Map();
    const args = ["inspect", "--type", "container", "--format", `{{.Name}}\t${format}`, ...containers];
    const { code, stdout, stderr } = await this.#run(args);
    if (code !== 0 && !/No such container/i.test(stderr)) throw new Error(stderr.trim());
    return new Map(
      stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => {
          const end = line.indexOf("\t");
          return [line.slice(0, end).replace(/^\//, ""), line.slice(end + 1)];
        }),
    );
  }

  /** Stops containers side by side: SIGTERM, and SIGKILL after the grace. */
  async stop(containers: readonly string[], graceSeconds: number): Promise<void> {
    if (containers.length > 0) await this.docker("stop", "-t", String(graceSeconds), ...containers);
  }

  /** Starts containers; those that run are left as they are. */
  async start(containers: readonly string[]): Promise<void> {
    if (containers.length > 0) await this.docker("start", ...containers);
  }

  /** Changes when the engine starts containers again by itself. */
  async setRestart(containers: readonly string[], policy: "always" | "unless-stopped" | "no"): Promise<void> {
    if (containers.length === 0) return;
    for (let tries = 1; ; tries++) {
      try {
        await this.docker("update", `--restart=${policy}`, ...containers);
        return;
      } catch (error) {
        // One that ended just when it was its turn: a moment later the engine knows, and takes it.
        if (tries === TRIES || !/update a stopped container/.test((error as Error).message)) throw error;
        await sleep(PAUSE);
      }
    }
  }

  /** Takes containers away with their unnamed volumes. */
  async remove(containers: readonly string[]): Promise<void> {
    if (containers.length > 0) await this.docker("rm", "--force", "--volumes", ...containers);
  }

  /** Runs a command in a container and returns its standard output; throws where it fails or could not be run. */
  async exec(container: string, ...command: string[]): Promise<string> {
    return this.docker("exec", container, ...command);
  }

  /**
   * Runs a command in a container, whatever comes of it: its exit code, with its standard output and error. Where it could
   * not be run, the code is docker's and the output says why; throws only where the engine does not answer.
   */
  async tryExec(container: string, ...command: string[]): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await this.#run(["exec", container, ...command]);
    return { code, output: code === 0 ? stdout : `${stdout}${stderr}` };
  }

  /** Runs a command in a container, with a text on its standard input; throws where it fails or could not be run. */
  async feed(container: string, input: string, ...command: string[]): Promise<void> {
    const { code, output } = await this.tryFeed(container, input, ...command);
    if (code !== 0)
      throw new Error(`${command[0]} ended with exit code ${code}${output.trim() && `: ${output.trim()}`}`);
  }

  /** The same, whatever comes of it: its exit code, and what it wrote. */
  async tryFeed(
    container: string,
    input: string,
    ...command: string[]
  ): Promise<{ code: number; output: string }> {
    const { code, output } = await this.#run(["exec", "-i", container, ...command], input);
    return { code, output };
  }

  /** The last lines that a container wrote, standard output and error together. */
  async logs(container: string, lines: number): Promise<string> {
    const { code, output, stderr } = await this.#run(["logs", "--tail", String(lines), container]);
    if (code !== 0) throw new Error(stderr.trim());
    return output;
  }

  /** A connection to a port inside a container, carried by `docker exec` and the container's socat. */
  connect(container: string, port: number): Duplex {
    return this.pipe(container, "socat", "-", `TCP:127.0.0.1:${port}`);
  }

  /**
   * Standard input and output of a command in a container. The command's input ends when the stream is destroyed, and when
   * this program ends, however it does. A failure destroys the stream with what it said.
   */
  pipe(container: string, ...command: string[]): Duplex {
    const child = spawn("docker", [...this.flags, "exec", "-i", container, ...command], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    const stream = new Duplex({
      read: () => void child.stdout.resume(),
      // What is wrong when that fails, the end of the command tells.
      write: (chunk, _, done) => void child.stdin.write(chunk, () => done()),
      final: (done) => void child.stdin.end(done),
      destroy: (error, done) => {
        process.off("exit", kill);
        kill();
        done(error);
      },
    });
    child.stdin.on("error", () => {});
    child.stdout.on("data", (chunk) => {
      if (!stream.push(chunk)) child.stdout.pause();
    });
    let reason = "";
    child.stderr.on("data", (text) => {
      reason += text;
    });
    child.on("error", (error) => stream.destroy(error));
    child.on("close", (code) => {
      if (code === 0) stream.push(null);
      else stream.destroy(new Error(reason.trim() || `docker exec ended with exit code ${code}`));
    });
    return stream;
  }

  async #run(args: readonly string[], input?: string): Promise<Outcome> {
    const start = performance.now();
    const outcome = await attempt("docker", [...this.flags, ...args], input === undefined ? {} : { input });
    if (outcome.failure === "not found") throw new Error("the docker command line client is not installed");
    if (outcome.failure === "out of time") {
      const seconds = rounded((performance.now() - start) / 1000);
      const what = args[0] === "exec" ? args.slice(0, 3).join(" ") : args[0];
      throw new Error(`the engine at ${this.endpoint} gave "docker ${what}" no answer for ${seconds} s`);
    }
    return outcome;
  }
}
