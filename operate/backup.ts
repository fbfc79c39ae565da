/** `npm run backup`: backs up now, or restores the newest backups to see whether that works. */
import { Command } from "commander";
import { stack as devStack } from "../setup/dev-stack.ts";
import { SetupError, say } from "../setup/say.ts";
import { type BackupHost, backupHosts } from "./backup-hosts.ts";
import { runProgram } from "./run-program.ts";

interface Options {
  readonly stack: string;
  readonly host?: string;
  readonly verify?: boolean;
  readonly beginAnew?: boolean;
}

const program = new Command("npm run backup --")
  .description("Backs up now what the config says, on all hosts that have it.")
  .argument("[what...]", "names of what is to be backed up; all where there are none")
  .option("--verify", "restore the newest backups to see whether they are whole, instead")
  .option("--begin-anew", "make a new repository where the one that there was is gone")
  .option("--host <key>", "one host instead of all")
  .option("--stack <name>", "another stack than dev", devStack)
  .action(async (what: string[], options: Options) => {
    process.exitCode = (await backup(what, options)) ? 0 : 1;
  });

/** Whether all went well. */
async function backup(
  what: readonly string[],
  { stack, host, verify, beginAnew }: Options,
): Promise<boolean> {
  const hosts = (await backupHosts(stack)).filter(({ key }) => host === undefined || key === host);
  if (hosts.length === 0) throw new SetupError(`No host ${host} of the stack ${stack} backs anything up.`);
  const chosen = await Promise.all(hosts.map(async (one) => ({ one, names: await namesOn(one, what) })));
  const known = chosen.flatMap(({ names }) => names);
  const unknown = what.filter((one) => !known.some((name) => isMeant(name, one)));
  if (unknown.length > 0)
    throw new SetupError(
      `Nothing is backed up by the name of ${unknown.join(", ")}: \`npm run backups\` tells what is.`,
    );
  const task = verify ? ["verify"] : ["run", ...(beginAnew ? ["--begin-anew"] : [])];
  const ended = await Promise.all(
    chosen.filter(({ names }) => names.length > 0).map(({ one, names }) => one.run(...task, ...names)),
  );
  const isWell = ended.every(Boolean);
  if (!isWell) say("backup", "not all went well");
  return isWell;
}

/** What of it a host backs up. */
async function namesOn(host: BackupHost, what: readonly string[]): Promise<string[]> {
  const { parts } = await host.list();
  const names = parts.map(({ name }) => name);
  if (what.length === 0) return names;
  return names.filter((name) => what.some((one) => isMeant(name, one)));
}

/** An item whose copies have a volume each stands for all of them. */
const isMeant = (name: string, item: string) => name === item || name.startsWith(`${item}.`);

await runProgram(program);
