import { Document, isMap, parseDocument } from "yaml";
import type { Path } from "../../config/faults.ts";
import { Secret } from "./service.ts";

type Sections = Readonly<Record<string, unknown>>;

/** The secrets in sections of the config, each with its path. */
export function secretsIn(value: unknown, path: Path = []): { path: Path; value: string }[] {
  if (value instanceof Secret) return [{ path, value: value.value }];
  if (typeof value !== "object" || value === null) return [];
  const steps = Array.isArray(value)
    ? value.map((part, index) => [index, part] as const)
    : Object.entries(value);
  return steps.flatMap(([step, part]) => secretsIn(part, [...path, step]));
}

/** What stands where a secret will. */
type Place = "encrypted" | "in the clear" | "left out";

/** Sections as plain values; secrets as they would stand in the stack's file, as Pulumi hands them over, or not at all. */
export function plain(value: unknown, secrets: Place): unknown {
  if (value instanceof Secret) return secrets === "encrypted" ? { secure: "(encrypted)" } : value.value;
  if (Array.isArray(value)) return value.map((part) => plain(part, secrets));
  if (typeof value !== "object" || value === null) return value;
  const parts = Object.entries(value).flatMap(([key, part]) => {
    if (secrets !== "left out") return [[key, plain(part, secrets)]];
    if (part instanceof Secret) return [];
    const own = plain(part, secrets);
    // A map of secrets alone comes with the first of them.
    const wasFull = typeof part === "object" && part !== null && Object.keys(part).length > 0;
    const isEmpty = typeof own === "object" && own !== null && Object.keys(own).length === 0;
    return wasFull && isEmpty ? [] : [[key, own]];
  });
  return Object.fromEntries(parts);
}

/**
 * Text of a stack's file with sections in it: services take the place of those that are there; of what else it says, all stays.
 * YAML 1.1, as Pulumi reads it, takes more texts for numbers and booleans than 1.2 does: they are put in quotes.
 */
export function stackText(text: string, sections: Sections, secrets: Place, head = ""): string {
  const document = parseDocument(text, { version: "1.1" });
  const own = isMap(document.contents) ? document : new Document({ config: {} }, { version: "1.1" });
  if (!isMap(own.get("config", true))) own.set("config", own.createNode({}));
  for (const [section, value] of Object.entries(sections)) {
    const key = ["config", `flotilla:${section}`];
    if (section !== "services" && own.hasIn(key)) continue;
    own.setIn(key, own.createNode(plain(value, secrets)));
  }
  if (text.trim() === "" && head !== "") own.commentBefore = head;
  return own.toString({ lineWidth: 0 });
}

/** Sections that a stack's file has, by their names without namespace. */
export function sectionsOf(text: string): Record<string, unknown> {
  const config: unknown = parseDocument(text, { version: "1.1" }).toJS()?.config ?? {};
  const entries = Object.entries(config as object).filter(([key]) => key.startsWith("flotilla:"));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice("flotilla:".length), value]));
}
