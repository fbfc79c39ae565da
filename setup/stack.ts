import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { attempt, lastLines } from "../runtime/program.ts";
import { stack as devStack } from "./dev-stack.ts";
import {
  backendUrl,
  type PulumiEnvironment,
  passphraseFile,
  processEnv,
  pulumiEnvironment,
  usesPassphraseFile,
} from "./environment.ts";
import { hideSalt, lookAgain, saltFilter } from "./git.ts";
import { hintFor } from "./hints.ts";
import { pulumiHome, root } from "./places.ts";
import { SetupError, say } from "./say.ts";
import { project, readState } from "./state.ts";

/** Makes sure of a stack, its passphrase and that some stack is selected, and answers what `pulumi` needs. */
export async function ensureStack(stack: string, cliFolder: string): Promise<PulumiEnvironment> {
  if (usesPassphraseFile()) ensurePassphrase(stack);
  const environment = pulumiEnvironment(cliFolder);
  const env = processEnv(environment);
  if (!backendUrl().startsWith("file://")) {
    if (!isSelected()) await pulumi(["stack", "select", stack, "--create"], env);
  } else {
    if (!readState(stack)) await create(stack, env);
    await adoptSalt(stack);
    if (!isSelected()) await pulumi(["stack", "select", stack], env);
  }
  return environment;
}

function saltOf(stack: string): string | undefined {
  return readState(stack)?.secrets_providers?.state?.salt;
}

/** One random passphrase a user, made once: so nothing secret hangs on what is committed. */
function ensurePassphrase(stack: string): void {
  if (existsSync(passphraseFile)) return;
  if (saltOf(stack)) {
    throw new SetupError(
      `The ${stack} stack's secrets can't be read: ${passphraseFile} is gone.`,
      "Put it back; or set PULUMI_CONFIG_PASSPHRASE_FILE to where it is now;",
      `or, with \`docker ps\` showing nothing of it, forget the stack: \`pulumi stack rm --force --preserve-config ${stack}\`.`,
    );
  }
  mkdirSync(dirname(passphraseFile), { recursive: true, mode: 0o700 });
  writeFileSync(passphraseFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  say("stack", `made a passphrase for your stacks' secrets: ${passphraseFile}`);
}

async function create(stack: string, env: NodeJS.ProcessEnv): Promise<void> {
  const file = configFileOf(stack);
  if (!existsSync(file)) {
    throw new SetupError(
      `There is no ${basename(file)}, and so nothing to bring up as ${stack}.`,
      `For a stack of your own, write that file first: ${basename(configFileOf(devStack))} is an example.`,
    );
  }
  // A salt left by another user of this folder could only be met by his passphrase.
  const config = await filtered(file);
  writeConfig(file, config);
  await pulumi(["stack", "init", stack, "--no-select"], env);
  // Pulumi writes the whole file anew to add its salt, comments and all.
  writeConfig(file, config);
  say("stack", `created ${stack} at ${backendUrl().replace(/\?.*/, "")}`);
}

/** Gives the stack's file the salt of its state, which a fresh clone has not got, and hides it from git. */
async function adoptSalt(stack: string): Promise<void> {
  const file = configFileOf(stack);
  const salt = saltOf(stack);
  if (!salt) return;
  await hideSalt(stack, salt);
  if (readConfig(file).includes(`\nencryptionsalt: ${salt}\n`)) return;
  writeConfig(file, await filtered(file, "-v", `salt=${salt}`));
  await lookAgain(basename(file));
}

async function filtered(file: string, ...options: string[]): Promise<string> {
  if (readConfig(file) === "") return "";
  const { code, stdout, stderr } = await attempt("awk", [...options, "-f", saltFilter, file], {
    cwd: root,
  });
  if (code !== 0) throw new SetupError(`awk failed on ${file}: ${stderr}`);
  return stdout;
}

const configFileOf = (stack: string) => join(root, `Pulumi.${stack}.yaml`);

function readConfig(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function writeConfig(file: string, text: string): void {
  if (readConfig(file) !== text) writeFileSync(file, text);
}

/** Whether a stack is selected in this folder; whatever the user selected stays. */
function isSelected(): boolean {
  const place = createHash("sha1").update(join(root, "Pulumi.yaml")).digest("hex");
  const file = join(pulumiHome, "workspaces", `${project}-${place}-workspace.json`);
  if (!existsSync(file)) return false;
  const settings = JSON.parse(readFileSync(file, "utf8"));
  return Boolean(settings.stacks?.[backendUrl()] ?? settings.stack);
}

async function pulumi(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await attempt("pulumi", [...args, "--non-interactive"], { cwd: root, env });
  if (code === 0) return;
  throw new SetupError(`\`pulumi ${args.join(" ")}\` failed:\n${lastLines(stderr)}`, hintFor(stderr) ?? "");
}
