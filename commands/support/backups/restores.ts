import { CommandFailure, say } from "../../../runtime/command.ts";
import { filled } from "./filling.ts";
import { find } from "./listing.ts";
import { partOf } from "./parts.ts";
import { dumpFile } from "./restoring.ts";
import { feedToConsul } from "./sources.ts";
import { type BackupWork, secondsSince } from "./work.ts";

/** Restores a backup into a new volume: the newest, or the last one until some time. */
export async function restore(work: BackupWork, name: string, volume: string, until?: string): Promise<void> {
  const { args, engine, restoring } = work;
  const part = partOf(work, name);
  const start = performance.now();
  const snapshot = await find(work, part, until);
  const { stack, host } = args;
  const there = await engine.docker("volume", "ls", "--quiet", "--filter", `name=^${volume}$`);
  if (there.trim())
    throw new CommandFailure(`a volume ${volume} is there already on ${host} (stack ${stack})`);
  await filled(work, volume, part, snapshot, () => restoring.look(volume, part));
  say(
    `${name}: ${snapshot.id.slice(0, 8)} of ${snapshot.time} restored into the volume ${volume} (${secondsSince(start)} s)`,
  );
}

/** Restores what Consul held, in the place of what it holds. */
export async function restoreConsul(work: BackupWork, name: string, until?: string): Promise<void> {
  const { args, restic } = work;
  const { socket, token } = args;
  const part = partOf(work, name);
  const snapshot = await find(work, part, until);
  await feedToConsul(socket, token, restic.dump(snapshot.id, dumpFile(name)));
  say(`${name}: Consul holds what it held at ${snapshot.time}`);
}
