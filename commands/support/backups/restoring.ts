import { spawn } from "node:child_process";
import type { BackupPart, Repository, Snapshot } from "../../../lib/backups.ts";
import { DATA, TARGET } from "../../../lib/backups.ts";
import { LOG_FOLDER, labelFlags, labels } from "../../../lib/names.ts";
import { CommandFailure, say } from "../../../runtime/command.ts";
import type { DockerEngine } from "../../../runtime/docker.ts";
import { cloneContainer, type EngineSocket, type Inspected } from "../../../runtime/engine-socket.ts";
import type { RestoreFilesArgs } from "../../restore-files.ts";
import { passingArgs } from "../network-health.ts";
import type { Restic } from "./restic.ts";
import { copiesOf, endOf, feedTo } from "./sources.ts";
import type { BackupsArgs } from "./told.ts";

/** File of a backup that a command wrote. */
export const dumpFile = (part: string) => `/${part}.dump`;

/** Capabilities that writing files of whatever owners takes. */
const WRITER = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD", "SETFCAP"];

/** What restores work with. */
export interface RestoringArgs {
  readonly args: BackupsArgs;
  readonly engine: DockerEngine;
  readonly api: EngineSocket;
  readonly restic: Restic;
  readonly repository: Repository;
}

/** Brings backups back into volumes, beside what there is. */
export class Restoring {
  readonly #with: RestoringArgs;

  constructor(args: RestoringArgs) {
    this.#with = args;
  }

  /** Fills an empty volume with a backup; where it was written by a command, a database that has just begun reads it there. */
  async fill(volume: string, part: BackupPart, snapshot: Snapshot): Promise<void> {
    if (part.kind === "files") return this.#files(volume, snapshot, `${DATA}/${part.name}`, true);
    if (part.kind === "consul") return this.#files(volume, snapshot, dumpFile(part.name), false);
    await this.#load(volume, part, snapshot);
  }

  /** Whether what a volume was filled with is whole, by what the part says of that; throws where it is not. */
  async look(volume: string, part: BackupPart): Promise<void> {
    if (part.kind === "consul") return this.#lookAtConsul(volume, part);
    if (part.kind === "files" && part.verify) return this.#runOn(volume, part, part.verify);
  }

  /** A container of ours that is there for a moment. */
  #moment(image: string, ...flags: string[]): string[] {
    const { stack, host } = this.#with.args;
    const marks = labelFlags(labels({ stack, host, role: "scratch" }));
    return ["run", "--rm", "--interactive", "--log-driver", "none", ...marks, ...flags, image];
  }

  async #files(volume: string, snapshot: Snapshot, path: string, isFolder: boolean): Promise<void> {
    const { args, api, repository } = this.#with;
    const own = await api.inspect(args.container);
    // Not the engine's socket, which would come along with all that the container has.
    const target = bindsOf(own, "", "").filter((bind) => bind.endsWith(`:${TARGET}:ro`));
    const flags = [
      ...["--network", args.network],
      ...[...target, `${volume}:/restored`].flatMap((mount) => ["--volume", mount]),
      ...["--cap-drop", "ALL", ...WRITER.flatMap((name) => ["--cap-add", name])],
      ...["--security-opt", "no-new-privileges"],
    ];
    const child = spawn("docker", [...this.#moment(own.Image, ...flags), "commands/restore-files.ts"], {
      stdio: ["pipe", "inherit", "pipe"],
    });
    const told: RestoreFilesArgs = { repository, snapshot: snapshot.id, path, isFolder, target: "/restored" };
    child.stdin.end(JSON.stringify(told));
    await endOf(child, "restoring the files");
  }

  /** A copy of the service like those that run, which has the volume in the place of theirs, and no network. */
  async #clone(volume: string, part: BackupPart, own: { entrypoint?: readonly string[] } = {}) {
    const { args, api } = this.#with;
    const { stack, host } = args;
    const { template, binds } = await this.#templateOf(volume, part);
    const name = `${stack}--scratch--${part.name}--${Date.now()}`;
    await cloneContainer(api, template, {
      name,
      labels: labels({ stack, host, role: "scratch" }),
      network: "none",
      binds,
      ...own,
    });
    return { name, template };
  }

  /** A copy of the service that has what was backed up, as of copies with a volume each one has; one that runs, if any does. */
  async #templateOf(volume: string, { service = "", source = "" }: BackupPart) {
    const { args, engine, api } = this.#with;
    for (const which of ["running", "all"] as const)
      for (const template of await copiesOf(engine, args, service, which)) {
        const binds = bindsOf(await api.inspect(template), source, volume);
        if (binds.some((bind) => bind.startsWith(`${volume}:`))) return { template, binds };
      }
    throw new CommandFailure(
      `${service} has no copy with ${source} on ${args.host}, which one to try it in would be made like`,
    );
  }

  /** Runs a command in the place of the service's own, and waits for its end. */
  async #runOn(volume: string, part: BackupPart, command: readonly string[]): Promise<void> {
    const { api } = this.#with;
    const { name } = await this.#clone(volume, part, { entrypoint: command });
    try {
      await api.start(name);
      const code = await api.wait(name);
      if (code !== 0)
        throw new CommandFailure(`verify ended with exit code ${code}: ${await this.#lastWords(name)}`);
    } finally {
      await api.remove(name);
    }
  }

  async #load(volume: string, part: BackupPart, snapshot: Snapshot): Promise<void> {
    const { engine, api, restic } = this.#with;
    const { load = [], verify } = part;
    const { name } = await this.#clone(volume, part);
    const { stopGrace } = this.#serviceOf(part);
    try {
      await api.start(name);
      say(`${part.name}: started ${part.service} on an empty volume, without a network`);
      await this.#awaitWell(name, part);
      say(`${part.name}: it is well, and reads the backup`);
      await feedTo(name, load, restic.dump(snapshot.id, dumpFile(part.name)));
      await this.#awaitWell(name, part);
      if (verify) await engine.exec(name, ...verify);
      // What it has in memory it writes when it is told to end.
      await api.stop(name, stopGrace);
      const { State } = await api.inspect(name);
      if (State.OOMKilled) throw new CommandFailure(`${part.service} ran out of memory with the backup read`);
    } finally {
      await api.remove(name);
    }
  }

  #serviceOf({ service = "" }: BackupPart) {
    const found = this.#with.args.services[service];
    if (found === undefined) throw new CommandFailure(`nothing is known of the service ${service}`);
    return found;
  }

  /** By the check that balancers put to the service, from within the copy's own network namespace. */
  async #awaitWell(container: string, part: BackupPart): Promise<void> {
    const { args, engine, api } = this.#with;
    const { port, health } = this.#serviceOf(part);
    if (port === undefined) return;
    const { Image } = await api.inspect(args.agent);
    const asked = passingArgs(health, health.timeout, [`127.0.0.1:${port}`]);
    const flags = ["--network", `container:${container}`, "--entrypoint", "await-passing"];
    try {
      await engine.docker(...this.#moment(Image, ...flags), ...asked);
    } catch {
      throw new CommandFailure(
        `${part.service} did not get well within ${health.timeout} s: ${await this.#lastWords(container)}`,
      );
    }
  }

  /** Reads the snapshot into a Consul that has just begun. */
  async #lookAtConsul(volume: string, part: BackupPart): Promise<void> {
    const { args, engine, api } = this.#with;
    const { Image } = await api.inspect(args.agent);
    const flags = ["--network", "none", "--volume", `${volume}:/restored:ro`, "--entrypoint", "sh"];
    const file = `/restored${dumpFile(part.name)}`;
    const server =
      "consul agent -server -bootstrap-expect=1 -bind=127.0.0.1 -data-dir=/tmp/consul -log-level=err";
    const script = `consul snapshot inspect ${file} >/dev/null || exit 1
      ${server} >/dev/null & tries=60
      until consul snapshot restore ${file} >/tmp/said 2>&1; do
        tries=$((tries - 1)); [ "$tries" -gt 0 ] || { cat /tmp/said >&2; exit 1; }; sleep 1
      done`;
    await engine.docker(...this.#moment(Image, ...flags), "-c", script);
  }

  async #lastWords(container: string): Promise<string> {
    const words = await this.#with.engine.logs(container, 5).catch(() => "");
    return words.trim().split("\n").slice(-5).join(" | ") || "it said nothing";
  }
}

/** The mounts of a container with one volume in the place of another; of the rest nothing may be written but logs. */
export function bindsOf({ HostConfig }: Pick<Inspected, "HostConfig">, from: string, to: string): string[] {
  const binds = (HostConfig.Binds as string[] | null | undefined) ?? [];
  return binds.map((bind) => {
    const [source = "", path = ""] = bind.split(":");
    if (source === from) return `${to}:${path}`;
    return `${source}:${path}${path === LOG_FOLDER ? "" : ":ro"}`;
  });
}
