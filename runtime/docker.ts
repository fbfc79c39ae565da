import { execFile, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * One Docker host, by its endpoint. Everything goes through the docker CLI, which knows unix, ssh and tcp endpoints
 * alike: the operator's machine need not be the Docker host.
 */
export class DockerEngine {
  readonly endpoint: string;

  constructor(endpoint: string) {
    this.endpoint = endpoint;
  }

  /** Runs `docker ARGS` and returns what it wrote to its standard output. Throws what it wrote to standard error. */
  async docker(...args: string[]): Promise<string> {
    try {
      const { stdout } = await run("docker", ["--host", this.endpoint, ...args], { maxBuffer: 64 << 20 });
      return stdout;
    } catch (error) {
      const { stderr, code } = error as { stderr?: string; code?: string | number };
      if (code === "ENOENT") throw new Error("the docker command line client is not installed here");
      throw new Error(stderr?.trim() || String(error));
    }
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
    const { stdout } = await run("docker", ["--host", this.endpoint, ...args], { maxBuffer: 64 << 20 }).catch(
      (error: { stdout?: string; stderr?: string }) => {
        if (!/No such container/i.test(error.stderr ?? ""))
          throw new Error(error.stderr?.trim() || String(error));
        return { stdout: error.stdout ?? "" };
      },
    );
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

  /** Takes containers away with their unnamed volumes. */
  async remove(containers: readonly string[]): Promise<void> {
    if (containers.length > 0) await this.docker("rm", "--force", "--volumes", ...containers);
  }

  /** Standard output and error of a command in a container, with its exit code. */
  async exec(container: string, ...command: string[]): Promise<{ code: number; output: string }> {
    try {
      const { stdout } = await run("docker", ["--host", this.endpoint, "exec", container, ...command]);
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: `${stdout}${stderr}` };
    }
  }

  /** The last lines that a container wrote, standard output and error together. */
  async logs(container: string, lines: number): Promise<string> {
    const args = ["--host", this.endpoint, "logs", "--tail", String(lines), container];
    const { stdout, stderr } = await run("docker", args);
    return stdout + stderr;
  }

  /** A connection to a port inside a container, carried by `docker exec` and the container's socat. */
  connect(container: string, port: number): Duplex {
    const child = spawn(
      "docker",
      ["--host", this.endpoint, "exec", "-i", container, "socat", "-", `TCP:127.0.0.1:${port}`],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
    let reason = "";
    child.stderr.on("data", (text) => {
      reason += text;
    });
    child.on("error", (error) => stream.destroy(error));
    child.on("exit", (code) => {
      if (code) stream.destroy(new Error(reason.trim() || `docker exec ended with exit code ${code}`));
    });
    stream.on("close", () => child.kill());
    return stream;
  }
}
