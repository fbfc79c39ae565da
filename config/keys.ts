import { z } from "zod";
import { configShape } from "./shapes.ts";

/** A key of the config. */
export interface ConfigKey {
  /** From the top, such as `services.<name>.health.path`: names that the user chooses stand in angle brackets. */
  readonly path: string;
  /** What holds where the key is not given; undefined where that is nothing, or hangs on other keys. */
  readonly default: unknown;
  /** Whether the key is a section or map of further keys, and takes no value of its own. */
  readonly isSection: boolean;
}

/** Every key that the shapes take, in their order. A list counts as one value, and so does a map of variables. */
export function configKeys(): ConfigKey[] {
  return keysBelow(z.toJSONSchema(configShape, { io: "input", unrepresentable: "any" }) as Schema, []);
}

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
}

function keysBelow({ properties = {}, additionalProperties: part }: Schema, path: string[]): ConfigKey[] {
  const named = typeof part === "object" && part.properties ? part.properties : {};
  const placeholder = path[0] === "hosts" ? "<key>" : "<name>";
  return [
    ...Object.entries(properties).flatMap(([key, schema]) => keyAndBelow(schema, [...path, key])),
    ...Object.entries(named).flatMap(([key, schema]) => keyAndBelow(schema, [...path, placeholder, key])),
  ];
}

function keyAndBelow(schema: Schema, path: string[]): ConfigKey[] {
  const below = keysBelow(schema, path);
  return [{ path: path.join("."), default: schema.default, isSection: below.length > 0 }, ...below];
}
