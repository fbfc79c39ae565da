import type { Writable } from "node:stream";
import { type BackupPart, DATA, keepArgs, type Snapshot } from "../../../lib/backups.ts";
import { sizeOf } from "../../../lib/sizes.ts";
import { CommandFailure, say } from "../../../runtime/command.ts";
import { each, throwAll } from "./parts.ts";
import { holding } from "./quiesce.ts";
import { dumpFile } from "./restoring.ts";
import { copiesOf, feedFrom, feedFromConsul } from "./sources.ts";
import { type BackupWork, hasRepository, messageOf, now, secondsSince } from "./work.ts";

/** Backs up parts, all where none is named. */
export async function run(work: BackupWork, names: readonly string[], beginsAnew: boolean): Promise<void> {
  const { records } = work;
  if (beginsAnew) records.change(() => ({ target: undefined }));
  const failures = await each(work, names, async (part) => {
    const start = performance.now();
    try {
      const { id, size } = await back(work, part);
      records.changePart(part.name, { backup: { time: now() } });
      say(`${part.name}: backed up ${sizeOf(size)} as ${id.slice(0, 8)} (${secondsSince(start)} s)`);
    } catch (error) {
      records.changePart(part.name, { backup: { time: now(), failure: messageOf(error) } });
      throw error;
    }
    await forget(work, part);
  });
  throwAll(failures);
}

/** Backs up one part, into a repository that is made where there never was one. `flags` are restic's. */
export async function back(
  work: BackupWork,
  part: BackupPart,
  flags: readonly string[] = [],
): Promise<Snapshot> {
  const { args, restic, records, owner } = work;
  const { socket, token } = args;
  await restic.open({ isNew: !hasRepository(work) });
  records.change(() => ({ target: args.target }));
  const of = { host: owner, part: part.name, flags };
  if (part.kind === "files")
    return holding(work, part, () => restic.backup({ folder: `${DATA}/${part.name}` }, of));
  const copy = part.kind === "dump" ? await copyOf(work, part) : "";
  const feed = (input: Writable) =>
    part.kind === "dump" ? feedFrom(copy, part.dump ?? [], input) : feedFromConsul(socket, token, input);
  return restic.backup({ file: dumpFile(part.name), feed }, of);
}

async function copyOf({ args, engine }: BackupWork, { service = "" }: BackupPart): Promise<string> {
  const [copy] = await copiesOf(engine, args, service);
  if (copy === undefined) throw new CommandFailure(`no copy of ${service} runs on ${args.host}`);
  return copy;
}

/** Takes backups away whose time is over. */
async function forget({ restic, owner }: BackupWork, { name, keep }: BackupPart): Promise<void> {
  const of = ["--host", owner, "--tag", name, "--group-by", "host,tags"];
  try {
    await restic.run(["forget", ...of, ...keepArgs(keep), "--prune"]);
  } catch (error) {
    throw new CommandFailure(`backed up, but older backups could not be taken away: ${messageOf(error)}`);
  }
}
