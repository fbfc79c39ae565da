import fs from "node:fs";
import { configKeys } from "../config/keys.ts";

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

/** Every key that there is, with its default. */
const keys = new Map(configKeys().map((key) => [key.path, key.default]));

test("every key that the README names is one", () => {
  expect(documented().filter(({ key }) => !keys.has(key))).toStrictEqual([]);
  expect(documented().length).toBeGreaterThan(30);
});

test("every key that there is stands in the README, itself or as part of one that does", () => {
  const rows = documented().map(({ key }) => key);
  const values = configKeys().flatMap(({ path, isSection }) => (isSection ? [] : [path]));
  const isTold = (key: string) => rows.some((row) => key === row || key.startsWith(`${row}.`));
  expect(values.filter((key) => !isTold(key))).toStrictEqual([]);
});

test("the README's defaults are those of the settings", () => {
  for (const { key, default: told } of documented()) {
    const value = keys.get(key);
    const isPlain = ["string", "number", "boolean"].includes(typeof value) && value !== 0;
    if (isPlain) expect(`${key}: ${told}`).toBe(`${key}: \`${value}\``);
  }
});
