import type { PulumiEnvironment } from "./environment.ts";

/** Lines for `eval` in any POSIX shell. */
export function exportLines({ folders, variables }: PulumiEnvironment): string {
  return [
    `export PATH=${folders.map(quoted).join(":")}:"$PATH"\n`,
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`),
  ].join("");
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
