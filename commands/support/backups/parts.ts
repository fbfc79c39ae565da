import type { BackupPart } from "../../../lib/backups.ts";
import { CommandFailure } from "../../../runtime/command.ts";
import { type BackupWork, messageOf } from "./work.ts";

/** The part of a name; throws where the host has none such. */
export function partOf({ args: { parts, host } }: BackupWork, name: string): BackupPart {
  const found = parts.find((part) => part.name === name);
  if (found) return found;
  const known = parts.map((part) => part.name).join(", ");
  throw new CommandFailure(`${host} backs up ${known || "nothing"}, not "${name}"`);
}

/**
 * Does something for each part, all where none is named, whatever becomes of others; returns why it failed for some, by part.
 */
export async function each(
  work: BackupWork,
  names: readonly string[],
  act: (part: BackupPart) => Promise<void>,
): Promise<Map<string, string>> {
  const parts = names.length > 0 ? names.map((name) => partOf(work, name)) : work.args.parts;
  const failures = new Map<string, string>();
  for (const part of parts)
    await act(part).catch((error) => {
      failures.set(part.name, `${part.name}: ${messageOf(error)}`);
    });
  return failures;
}

/** Throws what {@link each} returned, if there is something. */
export function throwAll(failures: ReadonlyMap<string, string>): void {
  if (failures.size > 0) throw new CommandFailure([...failures.values()].join("\n"));
}
