/** `npm run backups`: what is backed up, how old and how large that is, and when it was last restored to see whether it works. */
import { Command } from "commander";
import colors from "picocolors";
import { type BackupPart, faultsOf, type PartRecord, type Snapshot } from "../lib/backups.ts";
import { nextRun } from "../lib/schedule.ts";
import { sizeOf } from "../lib/sizes.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { say } from "../setup/say.ts";
import { type BackupHost, backupHosts } from "./backup-hosts.ts";
import { runProgram } from "./run-program.ts";
import { ageOf, table } from "./terminal.ts";

interface Options {
  readonly stack: string;
  readonly check?: boolean;
  readonly all?: boolean;
}

const program = new Command("npm run backups --")
  .description("Shows what is backed up, and whether it could be restored.")
  .option("--all", "every backup that is kept")
  .option("--check", "end with exit code 1 where something is wrong, such as for a monitor")
  .option("--stack <name>", "another stack than dev", devStack)
  .action(async (options: Options) => {
    const faults = await backups(options);
    if (options.check && faults > 0) process.exitCode = 1;
  });

/** Shows them, and returns how many faults there are. */
async function backups({ stack, all }: Options): Promise<number> {
  const hosts = await backupHosts(stack);
  const looks = await Promise.allSettled(hosts.map((host) => lookAt(host, all)));
  const rows = looks.flatMap((look) => (look.status === "fulfilled" ? look.value.rows : []));
  const head = all
    ? ["host", "what", "backup", "time", "size"]
    : ["host", "what", "newest", "size", "kept", "restored", "next", "state"];
  process.stdout.write(table([head, ...rows]));
  const faults = looks.flatMap((look) =>
    look.status === "fulfilled" ? look.value.faults : [look.reason.message],
  );
  for (const note of looks.flatMap((look) => (look.status === "fulfilled" ? look.value.notes : [])))
    process.stderr.write(`${colors.yellow("note:")} ${note}\n`);
  for (const fault of faults) process.stderr.write(`${colors.red("not well:")} ${fault}\n`);
  if (faults.length === 0) say("backups", "all well");
  return faults.length;
}

/** What there is to tell of a host. */
interface Look {
  readonly rows: string[][];
  readonly notes: string[];
  readonly faults: string[];
}

async function lookAt(host: BackupHost, all = false): Promise<Look> {
  const { parts, snapshots, records, verify, timeZone, failure } = await host.list();
  const now = new Date();
  const ofHost = [
    ...(failure ? [`host ${host.key}: ${failure}`] : []),
    ...(records.check?.failure
      ? [`host ${host.key}: looking through them failed: ${records.check.failure}`]
      : []),
  ];
  const looks = parts.map((part) => {
    const kept = snapshots[part.name] ?? [];
    const record = records.parts[part.name];
    const faults = failure ? [] : faultsOf(part, kept, record, { verify, timeZone, now });
    const rows = all
      ? kept.map((one) => [host.key, part.name, one.id.slice(0, 8), secondOf(one.time), sizeOf(one.size)])
      : [rowOf(host.key, part, kept, record, { timeZone, now, isWell: !failure && faults.length === 0 })];
    return { rows, faults: faults.map((fault) => `${part.name} on ${host.key}: ${fault}`) };
  });
  const { damaged } = records;
  return {
    notes: damaged
      ? [`host ${host.key}: ${damaged.packs} damaged packs were mended at ${damaged.time}: look at the disk`]
      : [],
    rows: looks.flatMap(({ rows }) => rows),
    faults: [...ofHost, ...looks.flatMap(({ faults }) => faults)],
  };
}

function rowOf(
  host: string,
  part: Pick<BackupPart, "name" | "schedule">,
  kept: readonly Snapshot[],
  record: PartRecord | undefined,
  { timeZone, now, isWell }: { timeZone: string; now: Date; isWell: boolean },
): string[] {
  const newest = kept.at(-1);
  const next = nextRun({ pattern: part.schedule, timeZone }, now);
  return [
    host,
    part.name,
    newest ? `${ageOf(newest.time, now)} ago` : "-",
    newest ? sizeOf(newest.size) : "-",
    String(kept.length),
    record?.verified ? `${ageOf(record.verified.time, now)} ago` : "-",
    next ? `in ${ageOf(next, now)}` : "-",
    isWell ? colors.green("well") : colors.red("not well"),
  ];
}

/** In UTC, as `--at` of a restore takes it. */
const secondOf = (time: string) => `${time.slice(0, 19)}Z`;

await runProgram(program);
