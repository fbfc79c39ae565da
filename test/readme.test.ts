import fs from "node:fs";
import { z } from "zod";
import { configShape } from "../config/shapes.ts";

interface Row {
  readonly key: string;
  readonly default: string;
}

/** The config table of the README, a row for each key. */
function documented(): Row[] {
  const table = fs.readFileSync("README.md", "utf8").split("<!-- config table")[1]?.split("\n\n")[0] ?? "";
  return table
    .split("\n")
    .slice(3)
    .flatMap((line) => {
      const [, keys = "", fallback = ""] = line.split("|").map((cell) => cell.trim());
      return [...keys.matchAll(/`([^`]+)`/g)].map(([, key = ""]) => ({ key, default: fallback }));
    });
}

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
}

/** Every key that config/shapes.ts takes, with its default: paths as the README writes them. */
function accepted(): Map<string, unknown> {
  const keys = new Map<string, unknown>();
  const walk = (schema: Schema, path: string[]) => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) walk(inner, [...path, key]);
    const { additionalProperties: inner } = schema;
    if (typeof inner === "object") walk(inner, [...path, path[0] === "hosts" ? "<key>" : "<name>"]);
    keys.set(path.join("."), schema.default);
  };
  walk(z.toJSONSchema(configShape, { io: "input", unrepresentable: "any" }) as Schema, []);
  return keys;
}

test("every key that the README names is one", () => {
  const keys = accepted();
  expect(documented().filter(({ key }) => !keys.has(key))).toStrictEqual([]);
  expect(documented().length).toBeGreaterThan(30);
});

test("every key that there is stands in the README, itself or as part of one that does", () => {
  const rows = documented().map(({ key }) => key);
  const all = [...accepted().keys()];
  const leaves = all.filter((key) => key && !all.some((other) => other.startsWith(`${key}.`)));
  const isTold = (key: string) => rows.some((row) => key === row || key.startsWith(`${row}.`));
  expect(leaves.filter((key) => !isTold(key))).toStrictEqual([]);
});

test("the README's defaults are those of the settings", () => {
  const keys = accepted();
  for (const { key, default: told } of documented()) {
    const value = keys.get(key);
    const isPlain = ["string", "number", "boolean"].includes(typeof value) && value !== 0;
    if (isPlain) expect(`${key}: ${told}`).toBe(`${key}: \`${value}\``);
  }
});
