import type { SettingsContext } from "./context.ts";
import type { Path } from "./faults.ts";
import { type Leaf, leavesOf } from "./leaves.ts";
import { readStackFile, type StackFile, type Written } from "./stack-file.ts";

/** Which values are kept encrypted, as far as that can be told. */
export interface Secrecy {
  /** Whether a value is: where the stack's file does not tell, everything in a section with an encrypted part is. */
  readonly isEncrypted: (path: Path) => boolean;
  /** How a value stands in the stack's file; undefined where that does not tell. */
  readonly written: StackFile;
  /** Sections with an encrypted part of which nothing tells which one it is. */
  readonly unclear: readonly string[];
}

/**
 * Pulumi hands over secrets in plain text and tells only in which sections they are; the stack's file has the rest. A
 * section in which the file differs from what was handed over came from elsewhere (`--config-file`).
 */
export function secrecyOf(
  raw: Readonly<Record<string, unknown>>,
  { secretKeys, file }: Pick<SettingsContext, "secretKeys" | "file">,
): Secrecy {
  const inFile = readStackFile(file ?? "");
  const told = new Set(Object.keys(raw).filter((key) => leavesOf(raw[key], [key]).every(standsIn(inFile))));
  const written: StackFile = (path) => (told.has(String(path[0])) ? inFile(path) : undefined);
  return {
    written,
    isEncrypted: (path) => secretKeys.has(String(path[0])) && written(path)?.kind !== "plain",
    unclear: [...secretKeys].filter((key) => !told.has(key)),
  };
}

function standsIn(file: StackFile): (leaf: Leaf) => boolean {
  return ({ path, value }) => {
    const written = file(path);
    return written !== undefined && (written.kind === "encrypted" || agrees(value, written));
  };
}

/** YAML's many ways to write a value, and Pulumi's few to hand it over. */
function agrees(given: unknown, { value, typed }: Extract<Written, { kind: "plain" }>): boolean {
  if (typed === undefined) return value === undefined || value === given;
  return (
    value === given ||
    typed === String(given) ||
    (given !== "" && Number(typed.replaceAll("_", "")) === Number(given)) ||
    String(value) === String(given) ||
    (value instanceof Date && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(String(given)))
  );
}
