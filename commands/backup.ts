/**
 * Backs up what a host has, each thing when it is due, and restores the newest backups now and then to see whether that works.
 * What was due while nobody was there is made up for. Runs for good, in a container on each host that has something to back up,
 * which can read all of it, with the engine's socket. What is done is done by commands/backup-task.ts, one thing at a time.
 */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { isMissed } from "../lib/backups.ts";
import { onSchedule } from "../lib/schedule.ts";
import { say } from "../runtime/command.ts";
import { RecordsFile } from "./support/backups/records.ts";
import { BACKUPS_FILE, BACKUPS_FOLDER, BACKUPS_LOCK, type BackupsArgs } from "./support/backups/told.ts";

/** What is to be done, in its order. */
const queue: (readonly string[])[] = [];
let isBusy = false;

/** Has something done after all that is to be done already; once is enough. */
function enqueue(...what: string[]): void {
  if (queue.some((other) => other.join(" ") === what.join(" "))) return;
  queue.push(what);
  if (!isBusy) next();
}

function next(): void {
  const what = queue.shift();
  isBusy = what !== undefined;
  if (what === undefined) return;
  // The lock goes with who holds it, however that ends.
  const child = spawn("flock", [BACKUPS_LOCK, "node", "commands/backup-task.ts", ...what], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.on("error", (error) => say(`${what.join(" ")}: ${error.message}`));
  child.on("close", () => next());
}

function begin({ parts, timeZone, verify }: BackupsArgs): void {
  enqueue("tidy");
  const records = new RecordsFile(`${BACKUPS_FOLDER}/records.json`);
  for (const part of parts) {
    onSchedule({ pattern: part.schedule, timeZone }, () => enqueue("run", part.name));
    const record = records.read().parts[part.name];
    if (!record) records.changePart(part.name, {});
    else if (isMissed(part, record, timeZone, new Date())) {
      say(`${part.name}: was due while nobody was here`);
      enqueue("run", part.name);
    }
  }
  onSchedule({ pattern: verify, timeZone }, () => enqueue("verify"));
  say(`backs up ${parts.map(({ name, schedule }) => `${name} (${schedule})`).join(", ")}`);
}

// The first process of a container has to end itself; all others end with it.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
begin(JSON.parse(readFileSync(BACKUPS_FILE, "utf8")));
