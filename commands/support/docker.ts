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

  /** Names of the containers, running ones only, that carry all the labels. */
  async containers(labels: Readonly<Record<string, string>>): Promise<string[]> {
    const filters = Object.entries(labels).flatMap(([label, value]) => [
      "--filter",
      `label=${label}=${value}`,
    ]);
    const names = await this.docker("ps", "--filter", "status=running", "--format", "{{.Names}}", ...filters);
    return names.split("\n").filter(Boolean).sort();
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
