import { type Document, isMap, parseDocument, stringify, type YAMLMap } from "yaml";
import { decode } from "./decode.ts";

type Sections = Readonly<Record<string, unknown>>;

/** Sections of the config that a program gives. What the stack's own config says of the same goes before it. */
export interface Given {
  readonly values: Sections;
  /** As the stack's file would have them: a secret is a map `{ secure }`. */
  readonly written: Sections;
}

/** Config as Pulumi hands it over, top-level keys to texts, over what a program gives. */
export function withValues(
  config: Readonly<Record<string, string>>,
  { values }: Given,
): Record<string, string> {
  const sections = Object.entries(values).map(([key, value]): [string, string] => {
    const text = config[key];
    const own = text === undefined ? undefined : decode({ [key]: text })[key];
    return [key, JSON.stringify(over(value, own))];
  });
  return { ...config, ...Object.fromEntries(sections) };
}

/** Text of the stack's file as it would be if all that a program gives stood in it. */
export function withWritten(text: string, { written }: Given): string {
  const sections = Object.entries(written).map(([key, value]) => [`flotilla:${key}`, value]);
  const config = { config: Object.fromEntries(sections) };
  const document = parseDocument(text, { version: "1.1" });
  if (!isMap(document.contents)) return stringify(config, { version: "1.1" });
  add(document, document.contents, config);
  return String(document);
}

function add(document: Document, map: YAMLMap, values: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(values)) {
    const own = map.get(key, true);
    if (own === undefined) map.set(key, document.createNode(value));
    else if (isMap(own) && !own.has("secure") && isPlainMap(value)) add(document, own, value);
  }
}

/** Maps are merged, all else is replaced. */
function over(given: unknown, own: unknown): unknown {
  if (own === undefined) return given;
  if (!isPlainMap(given) || !isPlainMap(own)) return own;
  const keys = new Set([...Object.keys(given), ...Object.keys(own)]);
  return Object.fromEntries([...keys].map((key) => [key, over(given[key], own[key])]));
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
