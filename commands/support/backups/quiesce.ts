import type { BackupPart } from "../../../lib/backups.ts";
import { instanceNumber } from "../../../lib/names.ts";
import { say } from "../../../runtime/command.ts";
import { withDeadline } from "../../../runtime/deadline.ts";
import { copiesOf } from "./sources.ts";
import type { BackupWork } from "./work.ts";

/** Seconds that such a command gets: what it has held still must not stay so. */
const PATIENCE = 300;

/** Takes files while the copies hold still that write them. */
export async function holding<T>(work: BackupWork, part: BackupPart, take: () => Promise<T>): Promise<T> {
  const { records, engine } = work;
  const { before } = part.quiesce ?? {};
  if (part.quiesce === undefined) return take();
  records.change(({ held }) => ({ held: [...new Set([...held, part.name])] }));
  try {
    for (const copy of before ? await writers(work, part) : [])
      await withDeadline(PATIENCE, () => engine.exec(copy, ...(before ?? [])));
    return await take();
  } finally {
    await letGo(work, part);
  }
}

/** Has copies go on. That one which is gone, or was never held, can't be told must not fail anything. */
export async function letGo(work: BackupWork, part: BackupPart): Promise<void> {
  const { records, engine } = work;
  const { after } = part.quiesce ?? {};
  for (const copy of after ? await writers(work, part) : []) {
    const { code, output } = await withDeadline(PATIENCE, () => engine.tryExec(copy, ...(after ?? []))).catch(
      (error: Error) => ({ code: "none", output: error.message }),
    );
    if (code !== 0)
      say(`${part.name}: quiesce.after ended with exit code ${code} in ${copy}: ${output.trim()}`);
  }
  records.change(({ held }) => ({ held: held.filter((name) => name !== part.name) }));
}

/** Copies that have the volume: all of them, or the one of its number. */
async function writers({ args, engine }: BackupWork, { name, service = "" }: BackupPart): Promise<string[]> {
  const { stack, host } = args;
  const [, number] = name.split(".");
  const copies = await copiesOf(engine, args, service);
  if (number === undefined) return copies;
  return copies.filter((copy) => instanceNumber(copy, { stack, service, host }) === Number(number));
}
