import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt, lastLines } from "../runtime/program.ts";
import { stack } from "./dev-stack.ts";
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

const configFile = `Pulumi.${stack}.yaml`;

/** Makes sure of the dev stack, its passphrase and its selection, and answers what `pulumi` needs. */
export async function ensureStack(cliFolder: string): Promise<PulumiEnvironment> {
  if (usesPassphraseFile()) ensurePassphrase();
  const environment = pulumiEnvironment(cliFolder);
  const env = processEnv(environment);
  if (!backendUrl().startsWith("file://")) {
    if (!isSelected()) await pulumi(["stack", "select", stack, "--create"], env);
  } else if (!readState()) {
    await create(env);
  } else {
    await adoptSalt();
    if (!isSelected()) await pulumi(["stack", "select", stack], env);
  }
  return environment;
}

function stateSalt(): string | undefined {
  return readState()?.secrets_providers?.state?.salt;
}

/** One random passphrase a user, made once: so nothing secret hangs on what is committed. */
function ensurePassphrase(): void {
  if (existsSync(passphraseFile)) return;
  if (stateSalt()) {
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

async function create(env: NodeJS.ProcessEnv): Promise<void> {
  // A salt left by another user of this folder could only be met by his passphrase.
  const config = await filtered();
  writeConfig(config);
  await pulumi(["stack", "init", stack], env);
  // Pulumi writes the whole file anew to add its salt, comments and all; only the salt is wanted.
  writeConfig(config);
  await adoptSalt();
  say("stack", `created ${stack} at ${backendUrl().replace(/\?.*/, "")}`);
}

/** Gives Pulumi.dev.yaml the salt of the stack's state, which a fresh clone has not got, and hides it from git. */
async function adoptSalt(): Promise<void> {
  const salt = stateSalt();
  if (!salt) return;
  await hideSalt(salt);
  if (readConfig().includes(`\nencryptionsalt: ${salt}\n`)) return;
  writeConfig(await filtered("-v", `salt=${salt}`));
  await lookAgain(configFile);
}

async function filtered(...options: string[]): Promise<string> {
  if (readConfig() === "") return "";
  const { code, stdout, stderr } = await attempt("awk", [...options, "-f", saltFilter, configFile], {
    cwd: root,
  });
  if (code !== 0) throw new SetupError(`awk failed on ${configFile}: ${stderr}`);
  return stdout;
}

function readConfig(): string {
  const file = join(root, configFile);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

function writeConfig(text: string): void {
  if (readConfig() !== text) writeFileSync(join(root, configFile), text);
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
