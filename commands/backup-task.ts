/**
 * One thing that is done with a host's backups, in its backup container: `run [PART...]`, `verify [PART...]`,
 * `restore PART VOLUME`, `consul PART`, `list`, `tidy`; the two that restore take `--at TIME`, and `--from HOST` for what another
 * host has backed up. Whoever calls it holds the lock of the backups, but for `list`.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { parseArgs } from "node:util";
import { type BackupPart, DATA, keepArgs, repositoryOfOther, type Snapshot } from "../lib/backups.ts";
import { instanceNumber, labels } from "../lib/names.ts";
import { sizeOf } from "../lib/sizes.ts";
import { CommandFailure, say } from "../runtime/command.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { EngineSocket } from "../runtime/engine-socket.ts";
import { type BackupRecords, RecordsFile } from "./support/backups/records.ts";
import { Restic } from "./support/backups/restic.ts";
import { dumpFile, Restoring } from "./support/backups/restoring.ts";
import { copiesOf, feedFrom, feedFromConsul, feedToConsul } from "./support/backups/sources.ts";
import { BACKUPS_FILE, BACKUPS_FOLDER, type BackupsArgs } from "./support/backups/told.ts";

/** What `list` prints, as JSON. */
export interface BackupList extends Pick<BackupsArgs, "parts" | "verify" | "timeZone"> {
  /** By part. */
  readonly snapshots: Readonly<Record<string, readonly Snapshot[]>>;
  readonly records: BackupRecords;
  /** Why nothing is known of what there is. */
  readonly failure?: string;
}

/** Share of all that is kept whose bytes are read again each time that backups are looked through. */
const READ_AGAIN = "10%";

const now = () => new Date().toISOString();
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

class Backup {
  readonly #args: BackupsArgs;
  readonly #restic: Restic;
  readonly #records = new RecordsFile(`${BACKUPS_FOLDER}/records.json`);
  readonly #engine = new DockerEngine("unix:///var/run/docker.sock");
  readonly #restoring: Restoring;
  /** Of this host, as restic knows it. */
  readonly #host: string;

  /** @param from the host whose backups they are */
  constructor(args: BackupsArgs, from: string) {
    this.#args = args;
    this.#host = `${args.stack}/${from}`;
    const repository = repositoryOfOther(args.repository, { ...args, other: from });
    this.#restic = new Restic(repository, { cache: `${BACKUPS_FOLDER}/cache` });
    const shared = { args, engine: this.#engine, restic: this.#restic, repository };
    this.#restoring = new Restoring({ ...shared, api: new EngineSocket() });
  }

  /** Whether there has been one at this target: at another one, a new one may be made. */
  get #hasRepository(): boolean {
    return this.#records.read().target === this.#args.target;
  }

  close(): void {
    this.#restic.close();
  }

  /** Puts in order what a run that was cut short has left. */
  async tidy(): Promise<void> {
    const { stack, host, parts } = this.#args;
    const { held, unfinished } = this.#records.read();
    await Promise.all(parts.filter(({ name }) => held.includes(name)).map((part) => this.#letGo(part)));
    await this.#engine.remove(await this.#engine.containers(labels({ stack, host, role: "scratch" }), "all"));
    for (const volume of unfinished) await this.#discard(volume);
    const { target } = this.#records.read();
    // A host that has lost its records goes on with what is there.
    if (target === undefined && (await this.#restic.isThere()))
      this.#records.change(() => ({ target: this.#args.target }));
    // Nobody but this host writes there, and here nobody does while this one has the lock.
    if (this.#hasRepository) await this.#restic.run(["unlock", "--remove-all"]);
  }

  /** Backs up parts, all where none is named. */
  async run(names: readonly string[], beginsAnew: boolean): Promise<void> {
    if (beginsAnew) this.#records.change(() => ({ target: undefined }));
    const failures = await this.#each(names, async (part) => {
      const start = performance.now();
      try {
        const { id, size } = await this.#back(part);
        this.#records.changePart(part.name, { backup: { time: now() } });
        say(`${part.name}: backed up ${sizeOf(size)} as ${id.slice(0, 8)} (${secondsSince(start)} s)`);
      } catch (error) {
        this.#records.changePart(part.name, { backup: { time: now(), failure: messageOf(error) } });
        throw error;
      }
      await this.#forget(part);
    });
    throwAll(failures);
  }

  async #back(part: BackupPart, flags: readonly string[] = []): Promise<Snapshot> {
    const { socket, token } = this.#args;
    await this.#restic.open({ isNew: !this.#hasRepository });
    this.#records.change(() => ({ target: this.#args.target }));
    const of = { host: this.#host, part: part.name, flags };
    if (part.kind === "files")
      return this.#holding(part, () => this.#restic.backup({ folder: `${DATA}/${part.name}` }, of));
    const copy = part.kind === "dump" ? await this.#copyOf(part) : "";
    const feed = (input: Writable) =>
      part.kind === "dump" ? feedFrom(copy, part.dump ?? [], input) : feedFromConsul(socket, token, input);
    return this.#restic.backup({ file: dumpFile(part.name), feed }, of);
  }

  async #copyOf({ service = "" }: BackupPart): Promise<string> {
    const [copy] = await copiesOf(this.#engine, this.#args, service);
    if (copy === undefined) throw new CommandFailure(`no copy of ${service} runs on ${this.#args.host}`);
    return copy;
  }

  /** Takes files while the copies hold still that write them. */
  async #holding<T>(part: BackupPart, take: () => Promise<T>): Promise<T> {
    const { before } = part.quiesce ?? {};
    if (part.quiesce === undefined) return take();
    this.#records.change(({ held }) => ({ held: [...new Set([...held, part.name])] }));
    try {
      for (const copy of before ? await this.#writers(part) : [])
        await this.#engine.exec(copy, ...(before ?? []));
      return await take();
    } finally {
      await this.#letGo(part);
    }
  }

  /** That a copy which is gone, or was never held, can't be told must not fail anything. */
  async #letGo(part: BackupPart): Promise<void> {
    const { after } = part.quiesce ?? {};
    for (const copy of after ? await this.#writers(part) : []) {
      const { code, output } = await this.#engine.tryExec(copy, ...(after ?? []));
      if (code !== 0)
        say(`${part.name}: quiesce.after ended with exit code ${code} in ${copy}: ${output.trim()}`);
    }
    this.#records.change(({ held }) => ({ held: held.filter((name) => name !== part.name) }));
  }

  /** Copies that have the volume: all of them, or the one of its number. */
  async #writers({ name, service = "" }: BackupPart): Promise<string[]> {
    const { stack, host } = this.#args;
    const [, number] = name.split(".");
    const copies = await copiesOf(this.#engine, this.#args, service);
    if (number === undefined) return copies;
    return copies.filter((copy) => instanceNumber(copy, { stack, service, host }) === Number(number));
  }

  /** Takes backups away whose time is over. */
  async #forget({ name, keep }: BackupPart): Promise<void> {
    const of = ["--host", this.#host, "--tag", name, "--group-by", "host,tags"];
    try {
      await this.#restic.run(["forget", ...of, ...keepArgs(keep), "--prune"]);
    } catch (error) {
      throw new CommandFailure(`backed up, but older backups could not be taken away: ${messageOf(error)}`);
    }
  }

  /**
   * Restores the newest backup of each part, all where none is named, and looks through what is kept. What is damaged is mended,
   * as far as it can be.
   */
  async verify(names: readonly string[]): Promise<void> {
    let failures = await this.#tryOutEach(names);
    const broken = await this.#brokenIn(failures.size > 0 ? "100%" : READ_AGAIN);
    if (broken.length > 0) {
      await this.#mend(broken);
      if (failures.size > 0) failures = await this.#tryOutEach([...failures.keys()]);
    }
    throwAll(failures);
  }

  #tryOutEach(names: readonly string[]): Promise<Map<string, string>> {
    return this.#each(names, async (part) => {
      try {
        await this.#tryOut(part);
      } catch (error) {
        this.#records.changePart(part.name, { verification: { time: now(), failure: messageOf(error) } });
        throw error;
      }
    });
  }

  async #tryOut(part: BackupPart): Promise<void> {
    const { stack } = this.#args;
    const start = performance.now();
    const snapshot = await this.#find(part);
    const volume = `${stack}--scratch--${part.name}`;
    await this.#discard(volume);
    await this.#filled(volume, part, snapshot, async () => {
      await this.#restoring.look(volume, part);
      const time = now();
      this.#records.changePart(part.name, {
        verification: { time },
        verified: { time, snapshot: snapshot.id },
      });
      await this.#discard(volume);
    });
    say(
      `${part.name}: ${snapshot.id.slice(0, 8)} of ${snapshot.time} restored, and whole (${secondsSince(start)} s)`,
    );
  }

  /** Has a new volume filled with a backup, and something done with it. One that is not filled is taken away. */
  async #filled(
    volume: string,
    part: BackupPart,
    snapshot: Snapshot,
    use: () => Promise<void>,
  ): Promise<void> {
    const { stack, host } = this.#args;
    const marks = Object.entries(labels({ stack, host, role: "volumes" }));
    this.#records.change(({ unfinished }) => ({ unfinished: [...unfinished, volume] }));
    try {
      const flags = marks.flatMap(([label, value]) => ["--label", `${label}=${value}`]);
      await this.#engine.docker("volume", "create", ...flags, volume);
      await this.#restoring.fill(volume, part, snapshot);
      await use();
    } catch (error) {
      await this.#discard(volume);
      throw error;
    }
    this.#records.change(({ unfinished }) => ({ unfinished: unfinished.filter((one) => one !== volume) }));
  }

  async #discard(volume: string): Promise<void> {
    await this.#engine.docker("volume", "rm", "--force", volume);
    this.#records.change(({ unfinished }) => ({ unfinished: unfinished.filter((one) => one !== volume) }));
  }

  /** Packs of the repository that can't be read, as far as such a share of them is read. */
  async #brokenIn(share: string): Promise<readonly string[]> {
    let broken: readonly string[] = [];
    try {
      await this.#restic.run(["check", "--json", `--read-data-subset=${share}`], {
        onMessage: ({ broken_packs }) => {
          broken = broken_packs ?? broken;
        },
      });
      this.#records.change(() => ({ check: { time: now() } }));
    } catch (error) {
      const failure = broken.length > 0 ? `damaged packs: ${broken.length}` : messageOf(error);
      this.#records.change(() => ({ check: { time: now(), failure } }));
      if (broken.length === 0) throw error;
    }
    return broken;
  }

  /**
   * Takes out what can't be read, after what can of it was saved; backs up again what is still there to be backed up; and then
   * leaves what is not out of older backups, which could not be restored with it.
   */
  async #mend(broken: readonly string[]): Promise<void> {
    say(`damaged packs in the repository: ${broken.length}. Look at the disk that it is on. Mending it…`);
    // Restic leaves a copy of each there, of which nobody would make more.
    const copies = mkdtempSync(join(BACKUPS_FOLDER, "damaged-"));
    await this.#restic.run(["repair", "packs", ...broken], { cwd: copies });
    rmSync(copies, { recursive: true });
    const failures = await this.#each([], async (part) => void (await this.#back(part, ["--force"])));
    for (const failure of failures.values()) say(failure);
    const { stdout } = await this.#restic.run(["repair", "snapshots", "--forget"]);
    const lost = stdout.split("\n").filter((line) => line.includes("removed missing content")).length;
    this.#records.change(() => ({ damaged: { time: now(), packs: broken.length } }));
    const left = await this.#brokenIn(READ_AGAIN);
    if (left.length > 0) throw new CommandFailure(`damaged packs are left in the repository: ${left.length}`);
    say(lost > 0 ? `mended; files that older backups have lost: ${lost}` : "mended; nothing is lost");
  }

  /** Restores a backup into a new volume: the newest, or the last one until some time. */
  async restore(name: string, volume: string, until?: string): Promise<void> {
    const part = this.#part(name);
    const start = performance.now();
    const snapshot = await this.#find(part, until);
    const { stack, host } = this.#args;
    const there = await this.#engine.docker("volume", "ls", "--quiet", "--filter", `name=^${volume}$`);
    if (there.trim())
      throw new CommandFailure(`a volume ${volume} is there already on ${host} (stack ${stack})`);
    await this.#filled(volume, part, snapshot, () => this.#restoring.look(volume, part));
    say(
      `${name}: ${snapshot.id.slice(0, 8)} of ${snapshot.time} restored into the volume ${volume} (${secondsSince(start)} s)`,
    );
  }

  /** Restores what Consul held, in the place of what it holds. */
  async restoreConsul(name: string, until?: string): Promise<void> {
    const { socket, token } = this.#args;
    const part = this.#part(name);
    const snapshot = await this.#find(part, until);
    await feedToConsul(socket, token, this.#restic.dump(snapshot.id, dumpFile(name)));
    say(`${name}: Consul holds what it held at ${snapshot.time}`);
  }

  async #find({ name }: BackupPart, until?: string): Promise<Snapshot> {
    const all = (await this.#restic.snapshots(this.#host)).get(name) ?? [];
    const last = until === undefined ? undefined : new Date(until);
    const found = last ? all.findLast(({ time }) => new Date(time) <= last) : all.at(-1);
    if (found) return found;
    const [first] = all;
    if (first === undefined) throw new CommandFailure(`there is no backup of ${name} yet`);
    throw new CommandFailure(
      `there is no backup of ${name} until ${until}: the first one is of ${first.time}`,
    );
  }

  async list(): Promise<BackupList> {
    const { parts, verify, timeZone } = this.#args;
    const records = this.#records.read();
    const known = { parts, verify, timeZone, records };
    if (!this.#hasRepository) return { ...known, snapshots: {} };
    try {
      return { ...known, snapshots: Object.fromEntries(await this.#restic.snapshots(this.#host)) };
    } catch (error) {
      return { ...known, snapshots: {}, failure: messageOf(error) };
    }
  }

  #part(name: string): BackupPart {
    const { parts, host } = this.#args;
    const found = parts.find((part) => part.name === name);
    if (found) return found;
    const known = parts.map((part) => part.name).join(", ");
    throw new CommandFailure(`${host} backs up ${known || "nothing"}, not "${name}"`);
  }

  /** Does something for each part, whatever becomes of others; returns why it failed for some, by part. */
  async #each(
    names: readonly string[],
    work: (part: BackupPart) => Promise<void>,
  ): Promise<Map<string, string>> {
    const parts = names.length > 0 ? names.map((name) => this.#part(name)) : this.#args.parts;
    const failures = new Map<string, string>();
    for (const part of parts)
      await work(part).catch((error) => {
        failures.set(part.name, `${part.name}: ${messageOf(error)}`);
      });
    return failures;
  }
}

function throwAll(failures: ReadonlyMap<string, string>): void {
  if (failures.size > 0) throw new CommandFailure([...failures.values()].join("\n"));
}

const secondsSince = (start: number) => ((performance.now() - start) / 1000).toFixed(1);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "begin-anew": { type: "boolean", default: false },
    at: { type: "string" },
    from: { type: "string" },
  },
});
const [what, ...rest] = positionals;
const [first = "", second = ""] = rest;
const args: BackupsArgs = JSON.parse(readFileSync(BACKUPS_FILE, "utf8"));
const backup = new Backup(args, values.from ?? args.host);
try {
  if (what === "run") await backup.run(rest, values["begin-anew"]);
  else if (what === "verify") await backup.verify(rest);
  else if (what === "restore") await backup.restore(first, second, values.at);
  else if (what === "consul") await backup.restoreConsul(first, values.at);
  else if (what === "tidy") await backup.tidy();
  else if (what === "list") process.stdout.write(`${JSON.stringify(await backup.list())}\n`);
  else throw new CommandFailure(`there is no "${what}"`);
} catch (error) {
  if (!(error instanceof CommandFailure)) throw error;
  say(error.message);
  process.exitCode = 1;
} finally {
  backup.close();
}
