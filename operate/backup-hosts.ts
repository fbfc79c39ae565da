import type { BackupList } from "../commands/support/backups/listing.ts";
import { BACKUPS_LOCK } from "../commands/support/backups/told.ts";
import { attendantName } from "../lib/names.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { attempt, lastLines } from "../runtime/program.ts";
import { SetupError, say } from "../setup/say.ts";
import { hostProviders } from "./host-providers.ts";
import { exportStack } from "./stack.ts";

/** What flock is to end with where somebody else has the lock. */
const BUSY = 75;

/** Milliseconds that a list gets: a target far away is slow, and one that is gone is waited for. */
const ANSWER = 120_000;

/** A host that backs something up. */
export class BackupHost {
  readonly key: string;
  readonly engine: DockerEngine;
  readonly #container: string;

  constructor(stack: string, key: string, engine: DockerEngine) {
    this.key = key;
    this.engine = engine;
    this.#container = attendantName(stack, "backup", key);
  }

  /** What it has backed up. */
  async list(): Promise<BackupList> {
    const { code, stdout, stderr } = await attempt(
      "docker",
      [...this.engine.flags, "exec", this.#container, "node", "commands/backup-task.ts", "list"],
      { timeout: ANSWER },
    );
    if (code === 0) return JSON.parse(stdout) as BackupList;
    throw new SetupError(
      `host ${this.key}: its backups tell nothing: ${lastLines(stderr, 2) || "no answer"}`,
    );
  }

  /** Id of the image that has our programs. */
  async image(): Promise<string> {
    return (await this.engine.docker("inspect", "--format", "{{.Image}}", this.#container)).trim();
  }

  /** Does something with its backups, once nobody else does, and shows what that says. Whether it went well. */
  async run(...task: readonly string[]): Promise<boolean> {
    const flock = (...flags: string[]) =>
      attempt(
        "docker",
        [
          ...[...this.engine.flags, "exec", this.#container, "flock", ...flags, BACKUPS_LOCK],
          ...["node", "commands/backup-task.ts", ...task],
        ],
        { echo: process.stderr },
      );
    let { code } = await flock("--nonblock", "--conflict-exit-code", String(BUSY));
    if (code === BUSY) {
      say(`host ${this.key}`, "its backups are being worked on; waiting for that to end…");
      ({ code } = await flock());
    }
    // It tells of failures itself, and ends with 1 then.
    if (code > 1)
      say(
        `host ${this.key}`,
        `that was cut short: its backup container ended, or is not there (exit code ${code})`,
      );
    return code === 0;
  }
}

/** The hosts of a stack that back something up. Throws a {@link SetupError} where there is none. */
export async function backupHosts(stack: string): Promise<BackupHost[]> {
  const { resources = [] } = await exportStack(stack);
  const hosts = hostProviders(resources).filter(({ key }) =>
    resources.some(({ type, urn }) => type === "flotilla:index:Backup" && urn.endsWith(`::backup-${key}`)),
  );
  if (hosts.length > 0)
    return hosts.map(({ key, docker }) => new BackupHost(stack, key, new DockerEngine(docker)));
  throw new SetupError(
    `The stack ${stack} backs nothing up.`,
    "Say in its config what is to be, as flotilla:backups (README, Backups), and run `pulumi up`.",
  );
}
