/** Has what is in two folders change places, with the folders' owners and modes: `swap-files.ts PRESENT RESTORED`. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";

const [, , present = "", restored = ""] = process.argv;

/** What was there before is here until it has a place. */
const aside = join(restored, ".flotilla-aside");

/** Within a file system nothing is copied. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    execFileSync("cp", ["--archive", from, to]);
    rmSync(from, { recursive: true });
  }
}

function moveAll(from: string, to: string): void {
  for (const name of readdirSync(from))
    if (join(from, name) !== aside) move(join(from, name), join(to, name));
}

function likeThat(folder: string, { uid, gid, mode }: ReturnType<typeof statSync> & object): void {
  chownSync(folder, Number(uid), Number(gid));
  chmodSync(folder, Number(mode) & 0o7777);
}

if (existsSync(aside)) throw new Error(`${aside} is there already`);
const [ofPresent, ofRestored] = [statSync(present), statSync(restored)];
mkdirSync(aside, { mode: 0o700 });
moveAll(present, aside);
moveAll(restored, present);
likeThat(present, ofRestored);
moveAll(aside, restored);
rmSync(aside, { recursive: true });
likeThat(restored, ofPresent);
