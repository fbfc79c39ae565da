import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Puts programs on PATH while each test runs, by their names, as Bash scripts; `$here` in them is a folder of the test's. Gives
 * that folder.
 */
export function programsOnPath(programs: Readonly<Record<string, string>>): () => string {
  const { PATH } = process.env;
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "flotilla-programs-"));
    for (const [name, script] of Object.entries(programs)) writeProgram(folder, name, script);
    process.env.PATH = `${folder}:${PATH}`;
  });
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });
  return () => folder;
}

/** Puts another program in the place of one. */
export function writeProgram(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/bash\nhere=${folder}\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}
