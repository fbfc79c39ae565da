/** `npm run restore`: brings a backup back, into a volume beside the present one or, where that is asked for, in its place. */
import { Command } from "commander";
import type { RegisterArgs } from "../commands/support/registrar.ts";
import type { BackupPart } from "../lib/backups.ts";
import { labels } from "../lib/names.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { SetupError, say } from "../setup/say.ts";
import { type BackupHost, backupHosts } from "./backup-hosts.ts";
import { inTheirPlace, type Users } from "./restore-in-place.ts";
import { runProgram } from "./run-program.ts";
import { readStack } from "./stack.ts";
import { isConfirmed } from "./terminal.ts";

interface Options {
  readonly stack: string;
  readonly at?: string;
  readonly into?: string;
  readonly inPlace?: boolean;
  readonly host?: string;
  readonly from?: string;
  readonly yes?: boolean;
}

const program = new Command("npm run restore --")
  .description("Restores a backup into a new volume, which nobody uses until you do.")
  .argument("<what>", "name of what was backed up, as `npm run backups` shows it")
  .option("--at <time>", "the last backup until then, such as 2026-11-30T12:00:00Z; the newest by default")
  .option("--into <name>", "what the new volume is to be called")
  .option(
    "--in-place",
    "put the present data aside and the backup in their place; stops who uses them meanwhile",
  )
  .option("--host <key>", "where to restore it, where several hosts have something of that name")
  .option("--from <key>", "the backup that another host has made, where both reach the target")
  .option("--stack <name>", "another stack than dev", devStack)
  .option("--yes", "do not ask")
  .action(async (what: string, options: Options) => {
    await restore(what, options);
  });

async function restore(what: string, { stack, at, into, inPlace, host, from, yes }: Options): Promise<void> {
  if (at !== undefined && Number.isNaN(Date.parse(at)))
    throw new SetupError(`--at: must be a time such as 2026-11-30T12:00:00Z, got "${at}".`);
  const { one, part } = await chosen(what, stack, host);
  const volume =
    into ??
    `${part.source ?? `${stack}--consul`}.${stampOf(new Date())}`.replaceAll("/", "-").replace(/^-/, "");
  const which = [
    ...(at === undefined ? [] : ["--at", new Date(at).toISOString()]),
    ...(from === undefined ? [] : ["--from", from]),
  ];
  if (!inPlace) {
    if (!(await one.run("restore", part.name, volume, ...which)))
      throw new SetupError(`${what} was not restored.`);
    return say("restore", `docker run --rm -it --volume ${volume}:/restored … shows what is in it`);
  }
  if (part.kind === "consul") {
    say("restore", "what Consul holds is to go, and what it held then to come in its place");
    if (!yes && !(await isConfirmed())) return;
    if (!(await one.run("consul", part.name, ...which))) throw new SetupError("Consul was not restored.");
    return say("restore", "`pulumi up` brings about what has changed since");
  }
  const users = await usersOf(part, one, stack);
  const names = users.map(({ service }) => service).join(", ") || "nobody";
  say(
    "restore",
    `${part.source} on ${one.key} is to be put aside; who has it is stopped for a moment: ${names}`,
  );
  if (!yes && !(await isConfirmed())) return;
  if (!(await one.run("restore", part.name, volume, ...which)))
    throw new SetupError(`${what} was not restored. Nothing has changed.`);
  const { engine } = one;
  await inTheirPlace({ engine, image: await one.image(), source: part.source ?? "", volume, users });
  say("restore", `done; what was there until now is in the volume ${volume}`);
}

/** What is meant by a name, and on which host. */
async function chosen(
  what: string,
  stack: string,
  host: string | undefined,
): Promise<{ one: BackupHost; part: BackupPart }> {
  const all = await Promise.all(
    (await backupHosts(stack)).map(async (one) => (await one.list()).parts.map((part) => ({ one, part }))),
  );
  const named = all.flat().filter(({ part }) => part.name === what);
  const found = named.filter(({ one }) => host === undefined || one.key === host);
  const [first] = found;
  if (first && found.length === 1) return first;
  if (first) {
    const keys = found.map(({ one }) => one.key).join(", ");
    throw new SetupError(`Several hosts back up ${what} (${keys}): say which one by --host.`);
  }
  const known = [...new Set(all.flat().map(({ part }) => part.name))].join(", ");
  const where = host === undefined || named.length === 0 ? "" : ` on ${host}`;
  throw new SetupError(`Nothing is backed up by the name of ${what}${where}; there is ${known}.`);
}

/** Services whose copies on the host have what is to be replaced. */
async function usersOf(part: BackupPart, one: BackupHost, stack: string): Promise<Users[]> {
  const { pools } = await readStack(stack);
  const mounts = "{{range .Mounts}}{{.Name}}\t{{.Source}}\t{{end}}";
  const running = await one.engine.containers(labels({ stack, host: one.key, role: "server" }));
  const names = [...(await one.engine.inspect(running, mounts))]
    .filter(([, sources]) => sources.split("\t").includes(part.source ?? ""))
    .map(([name]) => name);
  return pools
    .filter(({ host }) => host === one.key)
    .flatMap(({ service, members }) => {
      const registration = members.find(({ urn, delete: gone }) => urn.endsWith("--registration") && !gone);
      if (!registration) return [];
      const args: RegisterArgs = JSON.parse(String(registration.inputs?.stdin));
      const containers = args.instances.filter((name) => names.includes(name));
      return containers.length > 0 ? [{ service, args, containers }] : [];
    });
}

const stampOf = (time: Date) => time.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");

await runProgram(program);
