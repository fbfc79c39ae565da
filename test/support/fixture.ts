import fs from "node:fs";

/** The text of a file in test/fixtures. */
export function fixture(file: string): string {
  return fs.readFileSync(`test/fixtures/${file}`, "utf8");
}
