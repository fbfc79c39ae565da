import { labels } from "../../../lib/names.ts";
import { discard } from "./filling.ts";
import { letGo } from "./quiesce.ts";
import { type BackupWork, hasRepository } from "./work.ts";

/** Puts in order what a run that was cut short has left. */
export async function tidy(work: BackupWork): Promise<void> {
  const { args, engine, records, restic } = work;
  const { stack, host, parts } = args;
  const { held, unfinished } = records.read();
  await Promise.all(parts.filter(({ name }) => held.includes(name)).map((part) => letGo(work, part)));
  await engine.remove(await engine.containers(labels({ stack, host, role: "scratch" }), "all"));
  for (const volume of unfinished) await discard(work, volume);
  const { target } = records.read();
  // A host that has lost its records goes on with what is there.
  if (target === undefined && (await restic.isThere())) records.change(() => ({ target: args.target }));
  // Nobody but this host writes there, and here nobody does while this one has the lock.
  if (hasRepository(work)) await restic.run(["unlock", "--remove-all"]);
}
