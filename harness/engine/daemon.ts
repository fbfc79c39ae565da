import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../../runtime/program.ts";
import { commandLine } from "../processes.ts";
import { sleep } from "../wait.ts";
import { processesIn } from "./namespace.ts";
import {
  containersOf,
  killAll,
  processesUsing,
  removeControlGroups,
  removeFolder,
  unmount,
} from "./remains.ts";

/** A Docker daemon that keeps everything it has in one folder, and its network in one namespace. */
export class Daemon {
  readonly folder: string;
  readonly namespace: string;

  constructor(folder: string, namespace: string) {
    this.folder = folder;
    this.namespace = namespace;
  }

  /** What clients are given as DOCKER_HOST. */
  get host(): string {
    return `unix://${join(this.folder, "docker.sock")}`;
  }

  /** Writes its configuration; `more` goes over what is usual. */
  configure(mtu: number, more: Readonly<Record<string, unknown>> = {}): void {
    const config = {
      hosts: [this.host],
      "data-root": join(this.folder, "data"),
      "exec-root": this.#execRoot,
      pidfile: this.#pidFile,
      mtu,
      "shutdown-timeout": 10,
      ...more,
    };
    writeFileSync(this.#configFile, JSON.stringify(config, null, 2));
  }

  /** Starts it and waits until it answers. */
  async start(signal?: AbortSignal): Promise<void> {
    const log = openSync(this.#logFile, "a");
    const args = [
      // `ip netns exec` would hide the cgroups.
      `--net=/run/netns/${this.namespace}`,
      "dockerd",
      `--config-file=${this.#configFile}`,
      // Where it shares the machine's containerd with the user's daemon, each must see its own containers only.
      `--containerd-namespace=${this.namespace}`,
      `--containerd-plugins-namespace=${this.namespace}-plugins`,
    ];
    const child = spawn("nsenter", args, { detached: true, stdio: ["ignore", log, log] });
    child.unref();
    const deadline = Date.now() + 60_000;
    while (!(await this.answers())) {
      signal?.throwIfAborted();
      const problem =
        child.exitCode !== null ? "ended" : Date.now() > deadline ? "does not answer" : undefined;
      if (problem) throw new Error(`dockerd ${problem}; its log ends with:\n${this.#lastLines()}`);
      await sleep(0.2);
    }
  }

  async answers(): Promise<boolean> {
    return (await attempt("docker", ["-H", this.host, "version"])).code === 0;
  }

  /** Stops it as a service manager would; the containers stop with it. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM", 45);
  }

  /** Ends it without a chance to put anything in order; the containers run on. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL", 5);
    // Where the daemon brought its own containerd, that dies with it; until it is buried, the next daemon would take
    // it for alive and wait for its answer.
    rmSync(join(this.#execRoot, "containerd/containerd.pid"), { force: true });
  }

  /** Ends it and all that it runs at once; only its data is left, as when the power goes. */
  async die(): Promise<void> {
    // First, since it would start again what dies.
    await this.kill();
    await killAll(() => this.#processes());
    removeControlGroups(this.folder);
    unmount(this.folder);
    await removeFolder(this.#execRoot);
    rmSync(this.#pidFile, { force: true });
  }

  /** The process, if it runs. */
  get pid(): number | undefined {
    if (!existsSync(this.#pidFile)) return undefined;
    const pid = Number(readFileSync(this.#pidFile, "utf8"));
    // After a crash the number may be another process's.
    return commandLine(pid).includes(this.#configFile) ? pid : undefined;
  }

  async #end(signal: NodeJS.Signals, seconds: number): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    process.kill(pid, signal);
    const deadline = Date.now() + seconds * 1000;
    while (this.pid !== undefined) {
      if (Date.now() > deadline)
        throw new Error(`dockerd (${pid}) is still there ${seconds} s after ${signal}`);
      await sleep(0.1);
    }
  }

  /** Its own, of a containerd too that it shares, and those of its containers. */
  #processes(): number[] {
    const own = [`${this.#execRoot}/`, ` -namespace ${this.namespace} `].flatMap(processesUsing);
    const inside = processesIn(this.namespace).filter((pid) => pid !== process.pid);
    return [...inside, ...own.flatMap((pid) => [...containersOf(pid), pid])];
  }

  #lastLines(): string {
    return readFileSync(this.#logFile, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  }

  get #execRoot(): string {
    return join(this.folder, "exec");
  }

  get #pidFile(): string {
    return join(this.folder, "docker.pid");
  }

  get #configFile(): string {
    return join(this.folder, "daemon.json");
  }

  get #logFile(): string {
    return join(this.folder, "dockerd.log");
  }
}
