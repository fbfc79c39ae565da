// `node setup/complete-lockfile.ts`, after `npm install` on a machine whose registry has only its own platform's
// packages: lists the other platforms' packages again, so that `npm ci` takes the lockfile everywhere.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lockfile, missingPlatforms } from "./lockfile.ts";
import { root } from "./places.ts";
import { say } from "./say.ts";

const file = join(root, "package-lock.json");
const lockfile: Lockfile = JSON.parse(readFileSync(file, "utf8"));
const missing = missingPlatforms(lockfile);
const all = Object.entries({ ...lockfile.packages, ...missing });
lockfile.packages = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lockfile, null, 2)}\n`);
say("package-lock.json", `${Object.keys(missing).length} packages for other platforms added`);
