import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * Runs something in a folder that looks like the project: what the program writes below it (rendered build contexts)
 * gets in the way neither of a stack nor of another test.
 */
export async function inScratchProject<T>(run: () => Promise<T>): Promise<T> {
  const project = process.cwd();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-test-"));
  for (const folder of ["templates", "examples", "commands", "lib", "runtime"]) {
    fs.symlinkSync(path.join(project, folder), path.join(scratch, folder));
  }
  process.chdir(scratch);
  try {
    return await run();
  } finally {
    process.chdir(project);
    fs.rmSync(scratch, { recursive: true });
  }
}
