/**
 * One thing that is done with a host's backups, in its backup container: `run [PART...]`, `verify [PART...]`,
 * `restore PART VOLUME`, `consul PART`, `list`, `tidy`; the two that restore take `--at TIME`, and `--from HOST` for what another
 * host has backed up. Whoever calls it holds the lock of the backups, but for `list`.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CommandFailure, say } from "../runtime/command.ts";
import { list } from "./support/backups/listing.ts";
import { restore, restoreConsul } from "./support/backups/restores.ts";
import { run } from "./support/backups/taking.ts";
import { tidy } from "./support/backups/tidying.ts";
import { BACKUPS_FILE, type BackupsArgs } from "./support/backups/told.ts";
import { verify } from "./support/backups/verifying.ts";
import { backupWork } from "./support/backups/work.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "begin-anew": { type: "boolean", default: false },
    at: { type: "string" },
    from: { type: "string" },
  },
});
const [what, ...rest] = positionals;
const [first = "", second = ""] = rest;
const args: BackupsArgs = JSON.parse(readFileSync(BACKUPS_FILE, "utf8"));
const work = backupWork(args, values.from ?? args.host);
try {
  if (what === "run") await run(work, rest, values["begin-anew"]);
  else if (what === "verify") await verify(work, rest);
  else if (what === "restore") await restore(work, first, second, values.at);
  else if (what === "consul") await restoreConsul(work, first, values.at);
  else if (what === "tidy") await tidy(work);
  else if (what === "list") process.stdout.write(`${JSON.stringify(await list(work))}\n`);
  else throw new CommandFailure(`there is no "${what}"`);
} catch (error) {
  // Also what the engine answers, which is for people, too.
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  work.restic.close();
}
