import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import type { Path } from "../../config/faults.ts";
import { mapLeaves } from "../../config/leaves.ts";

/** Config of a committed stack file, as Pulumi hands it to a program: structured values as JSON, keys sorted. */
export function readStackFile(stack: string): Record<string, string> {
  const { config } = parse(readFileSync(`Pulumi.${stack}.yaml`, "utf8")) as {
    config: Record<string, unknown>;
  };
  return asConfig(config);
}

/** Values as Pulumi hands them to a program. */
export function asConfig(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(sort(value)),
    ]),
  );
}

/** Go's maps have no order of their own: Pulumi writes their keys sorted. */
function sort(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sort);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sort(part)]),
  );
}

/** The text of a stack's file with these values, those at the given places encrypted. */
export function fileWith(
  values: Readonly<Record<string, unknown>>,
  isEncrypted: (path: Path) => boolean,
): string {
  const config = mapLeaves(values, ({ path, value }) => (isEncrypted(path) ? { secure: "v1:AAAA" } : value));
  const keys = Object.entries(config as object).map(([key, value]) => [
    key.includes(":") ? key : `flotilla:${key}`,
    value,
  ]);
  return stringify({ config: Object.fromEntries(keys) });
}
