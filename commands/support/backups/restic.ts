import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Repository, Snapshot } from "../../../lib/backups.ts";
import { CommandFailure, say } from "../../../runtime/command.ts";

/** Exit codes of restic's. */
const NO_REPOSITORY = 10;
const LOCKED = 11;
const INCOMPLETE = 3;
const WRONG_PASSWORD = 12;

/** Milliseconds between two words on how far it is. */
const PROGRESS = 5000;

/** How restic is run. */
interface ResticOptions {
  /** What becomes of its standard input. @default nothing */
  readonly feed?: (input: Writable, abort: () => void) => Promise<void>;
  /** Is called with each message that it prints as JSON. */
  readonly onMessage?: (message: Message) => void;
  readonly cwd?: string;
}

/** What restic prints a line of. */
interface Message {
  readonly message_type?: string;
  readonly percent_done?: number;
  readonly snapshot_id?: string;
  readonly total_bytes_processed?: number;
  readonly broken_packs?: readonly string[] | null;
}

/** What a run of restic has come to. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A repository, by the program restic. Close it when done. */
export class Restic {
  readonly #repository: Repository;
  readonly #flags: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), "restic-"));

  /** `cache` is a folder; without one nothing is cached. */
  constructor(repository: Repository, { cache }: { readonly cache?: string } = {}) {
    this.#repository = repository;
    const { ssh } = repository;
    this.#flags = [...(cache ? ["--cache-dir", cache] : ["--no-cache"]), ...(ssh ? this.#sshFlags(ssh) : [])];
  }

  #sshFlags({ key, knownHost }: NonNullable<Repository["ssh"]>): string[] {
    const [keyFile, hostsFile] = [join(this.#folder, "key"), join(this.#folder, "known-hosts")];
    writeFileSync(keyFile, key, { mode: 0o600 });
    writeFileSync(hostsFile, knownHost);
    const options = [
      `UserKnownHostsFile=${hostsFile}`,
      "StrictHostKeyChecking=yes",
      "BatchMode=yes",
      "ConnectTimeout=15",
      "ServerAliveInterval=15",
    ];
    return ["-o", `sftp.args=-i ${keyFile} ${options.map((option) => `-o ${option}`).join(" ")}`];
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether there is one that the password opens. */
  async isThere(): Promise<boolean> {
    return (await this.#attempt(["cat", "config"])).code === 0;
  }

  /** Makes sure that the repository is there. A new one is made only where there never was one: data that are gone are told of. */
  async open({ isNew }: { readonly isNew: boolean }): Promise<void> {
    const { code, stderr } = await this.#attempt(["cat", "config"]);
    if (code === 0) return;
    if (code !== NO_REPOSITORY) throw failure(code, stderr);
    if (!isNew)
      throw new CommandFailure(
        "the backups that there were are gone from the target: it may not be mounted, or empty. Bring it back; or begin anew, " +
          "with none of the earlier ones: npm run backup -- --begin-anew",
      );
    await this.run(["init"]);
    say("made a new repository for the backups of this host");
  }

  /** Backups of a host, the oldest first: of one part, or of all with their part as the key. */
  async snapshots(host: string): Promise<Map<string, Snapshot[]>> {
    const { stdout } = await this.run(["snapshots", "--json", "--no-lock", "--host", host]);
    const found = new Map<string, Snapshot[]>();
    for (const { id, time, tags = [], summary } of JSON.parse(stdout || "null") ?? []) {
      const [part = ""] = tags;
      const size = summary?.total_bytes_processed ?? 0;
      found.set(part, [...(found.get(part) ?? []), { id, time: new Date(time).toISOString(), size }]);
    }
    for (const all of found.values()) all.sort((a, b) => (a.time < b.time ? -1 : 1));
    return found;
  }

  /** Backs up a folder, or what is fed as one file; returns what has come of it. One that is not whole is taken back. */
  async backup(
    what: { readonly folder: string } | { readonly file: string; readonly feed: ResticOptions["feed"] },
    {
      host,
      part,
      flags = [],
    }: { readonly host: string; readonly part: string; readonly flags?: readonly string[] },
  ): Promise<Snapshot> {
    let made: Snapshot | undefined;
    let told = performance.now();
    const source = "folder" in what ? [what.folder] : ["--stdin", "--stdin-filename", what.file];
    const args = [
      "backup",
      "--json",
      "--host",
      host,
      "--tag",
      part,
      "--group-by",
      "host,tags",
      ...flags,
      ...source,
    ];
    const { code, stderr } = await this.#attempt(args, {
      ...("feed" in what && { feed: what.feed }),
      onMessage: ({ message_type, percent_done = 0, snapshot_id, total_bytes_processed = 0 }) => {
        if (message_type === "summary" && snapshot_id !== undefined)
          made = { id: snapshot_id, time: new Date().toISOString(), size: total_bytes_processed };
        if (message_type !== "status" || performance.now() < told + PROGRESS) return;
        told = performance.now();
        say(`${part}: ${Math.floor(percent_done * 100)} % of what was found so far`);
      },
    });
    if (made && (code === 0 || (code === INCOMPLETE && onlyVanished(stderr)))) return made;
    if (made) await this.#attempt(["forget", made.id]);
    throw failure(code, stderr);
  }

  /** Runs restic and returns what it printed; throws what is wrong, in words for people. */
  async run(args: readonly string[], options: ResticOptions = {}): Promise<Ended> {
    const ended = await this.#attempt(args, options);
    if (ended.code !== 0) throw failure(ended.code, ended.stderr);
    return ended;
  }

  /** What a file of a backup holds, as it comes. */
  dump(snapshot: string, file: string): { readonly output: Readable; readonly ended: Promise<void> } {
    const child = this.#spawn(["dump", "--no-lock", snapshot, file], "ignore");
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => (code === 0 ? resolve() : reject(failure(code ?? 1, stderr))));
    });
    return { output: child.stdout, ended };
  }

  #spawn<T extends "pipe" | "ignore">(args: readonly string[], stdin: T, cwd?: string) {
    const { location, env } = this.#repository;
    return spawn("restic", [...this.#flags, "--retry-lock", "2m", ...args], {
      cwd,
      stdio: [stdin as "pipe", "pipe", "pipe"],
      // No more of ours than it needs.
      env: { PATH: process.env.PATH, HOME: "/root", RESTIC_REPOSITORY: location, ...env },
    });
  }

  #attempt(args: readonly string[], { feed, onMessage, cwd }: ResticOptions = {}): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(args, feed ? "pipe" : "ignore", cwd);
      const printed = { stdout: "", stderr: "" };
      let rest = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (!onMessage) {
          printed.stdout += text;
          return;
        }
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.startsWith("{")) onMessage(JSON.parse(line));
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        printed.stderr += text;
      });
      let fault: Error | undefined;
      if (feed) {
        // Its own end tells why it took no more.
        child.stdin.on("error", () => {});
        // Killed before its input has ended, it keeps nothing of it.
        feed(child.stdin, () => child.kill("SIGKILL")).catch((error: Error) => {
          fault = error;
          child.kill("SIGKILL");
        });
      }
      child.on("error", reject);
      child.on("close", (code) => {
        // Where it ended by itself, its input failed for that.
        if (fault && !code) reject(fault);
        else resolve({ code: code ?? 1, ...printed });
      });
    });
  }
}

function failure(code: number, stderr: string): CommandFailure {
  if (code === NO_REPOSITORY) return new CommandFailure("there are no backups at the target yet");
  if (code === LOCKED) return new CommandFailure("somebody else is at work on the backups: try again later");
  if (code === WRONG_PASSWORD)
    return new CommandFailure(
      "the password is not that of the backups that are there (flotilla:backups.password)",
    );
  const lines = stderr
    .split("\n")
    .map(messageIn)
    .filter((line) => line && !/^(repository .* opened|using parent|created new cache)/.test(line));
  return new CommandFailure(lines.slice(-3).join("; ") || `restic ended with exit code ${code}`);
}

/** Whether nothing could not be read but what somebody has deleted meanwhile. */
function onlyVanished(stderr: string): boolean {
  const errors = stderr.split("\n").filter((line) => line.includes('"message_type":"error"'));
  return errors.length > 0 && errors.every((line) => messageIn(line).endsWith("no such file or directory"));
}

/** With `--json` errors are JSON, too. */
function messageIn(line: string): string {
  if (!line.startsWith("{")) return line.trim();
  try {
    const { message, error } = JSON.parse(line);
    return String(message ?? error?.message ?? line);
  } catch {
    return line;
  }
}
