import { type Path, type Problem, pathText } from "../faults.ts";
import { type Leaf, leavesOf } from "../leaves.ts";
import { canBeSecret, isVariable } from "../places.ts";
import type { Secrecy } from "../secrecy.ts";
import type { StackFile } from "../stack-file.ts";

/** Rules on how values stand in the stack's file: none is to be shown that is a secret, or changed on its way. */
export function secrecyRules(raw: unknown, { written }: Secrecy): Problem[] {
  const leaves = leavesOf(raw);
  return [...misplaced(leaves, written), ...respelled(leaves, written)];
}

/** A secret that is stored for everybody to read. */
export function inPlainText(path: Path): Problem {
  const command = `pulumi config set --secret --path '${pathText(path)}'`;
  return { path, message: `must be stored encrypted, got plain text: ${command}`, fix: "set --secret" };
}

/** Secrets that are used where everybody sees them. */
function misplaced(leaves: readonly Leaf[], written: StackFile): Problem[] {
  const encrypted = leaves.flatMap(({ path }) => encryptedPart(path, written) ?? []);
  const problems = encrypted
    .filter((path) => !canBeSecret(path))
    .map((path): [string, Problem] => {
      const message =
        "must not be encrypted, since it is used in the open: only env and secrets of a service or a job, secrets of what they require, the registry's user name and password, and the password and keys of backups are kept secret";
      return [JSON.stringify(path), { path, message }];
    });
  return [...new Map(problems).values()];
}

/** The value or the map around it that the file has in encrypted form. */
function encryptedPart(path: Path, written: StackFile): [Path] | undefined {
  const depth = path.findIndex((_, index) => written(path.slice(0, index + 1))?.kind === "encrypted");
  return depth < 0 ? undefined : [path.slice(0, depth + 1)];
}

/** Texts that YAML takes for something else, and that therefore arrive in another form than they were written. */
function respelled(leaves: readonly Leaf[], written: StackFile): Problem[] {
  return leaves
    .filter(({ path, value }) => {
      if (!isVariable(path) || value === null) return false;
      const found = written(path);
      return found?.kind === "plain" && found.typed !== undefined && found.typed !== String(value);
    })
    .map(({ path }) => ({
      path,
      message:
        "must be in quotes, or set with --type string: as it is written, Pulumi takes it for a number, a date or a boolean, and changes it",
      fix: "set --type string",
    }));
}
