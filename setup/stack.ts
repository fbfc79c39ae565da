import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { backendUrl, passphraseFile, pulumiVariables, usesPassphraseFile } from "./environment.ts";
import { pulumiHome, root } from "./places.ts";
import { lastLines, run } from "./run-program.ts";
import { hasSecrets, withSalt } from "./salt.ts";
import { SetupError, say } from "./say.ts";

/** The stack that `npm run up` brings up. */
export const stack = "dev";
const project = "flotilla";
const configFile = join(root, `Pulumi.${stack}.yaml`);

/** Makes sure of the dev stack, its passphrase and its selection, and answers the variables `pulumi` needs. */
export async function ensureStack(cliFolder: string): Promise<Record<string, string>> {
  if (usesPassphraseFile()) ensurePassphrase();
  await hideSaltFromGit();
  const variables = pulumiVariables(cliFolder);
  const env = { ...process.env, ...variables };
  if (!backendUrl().startsWith("file://")) {
    if (!isSelected()) await pulumi(["stack", "select", stack, "--create"], env);
  } else if (!readState()) {
    await create(env);
  } else {
    adoptSalt();
    if (!isSelected()) await pulumi(["stack", "select", stack], env);
  }
  return variables;
}

/** How many resources the stack holds, as far as its state on this machine tells; undefined where it can't. */
export function resourceCount(): number | undefined {
  if (!backendUrl().startsWith("file://")) return undefined;
  return readState()?.latest?.resources?.length ?? 0;
}

interface Checkpoint {
  readonly latest?: {
    readonly secrets_providers?: { readonly state?: { readonly salt?: string } };
    readonly resources?: readonly unknown[];
  };
}

function readState(): Checkpoint | undefined {
  const folder = backendUrl()
    .replace(/^file:\/\//, "")
    .replace(/\?.*$/, "")
    .replace(/^~/, homedir());
  const file = join(folder, ".pulumi", "stacks", project, `${stack}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).checkpoint : undefined;
}

/** One random passphrase a user, made once: so nothing secret hangs on what is committed. */
function ensurePassphrase(): void {
  if (existsSync(passphraseFile)) return;
  if (readState()?.latest?.secrets_providers?.state?.salt) {
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
  const config = existsSync(configFile) ? readFileSync(configFile, "utf8") : "";
  // A salt left by another user of this folder would only be met by his passphrase.
  if (!hasSecrets(config)) writeConfig(withSalt(config));
  await pulumi(["stack", "init", stack], env);
  // Pulumi writes the whole file anew to add its salt, comments and all; only the salt is wanted.
  writeConfig(config);
  adoptSalt();
  say("stack", `created ${stack} at ${backendUrl()}`);
}

/** Gives Pulumi.dev.yaml the salt of the stack's state, which a fresh clone has not got. */
function adoptSalt(): void {
  const salt = readState()?.latest?.secrets_providers?.state?.salt;
  const config = existsSync(configFile) ? readFileSync(configFile, "utf8") : "";
  const mayChange = !hasSecrets(config) || withSalt(config) === config;
  if (salt && mayChange) writeConfig(withSalt(config, salt));
}

function writeConfig(text: string): void {
  if (!existsSync(configFile) || readFileSync(configFile, "utf8") !== text) writeFileSync(configFile, text);
}

/** Whether a stack is selected in this folder; whatever the user selected stays. */
function isSelected(): boolean {
  const place = createHash("sha1").update(join(root, "Pulumi.yaml")).digest("hex");
  const file = join(pulumiHome, "workspaces", `${project}-${place}-workspace.json`);
  if (!existsSync(file)) return false;
  const settings = JSON.parse(readFileSync(file, "utf8"));
  return Boolean(settings.stacks?.[backendUrl()] ?? settings.stack);
}

/** Defines the filter that .gitattributes names, in this clone. */
async function hideSaltFromGit(): Promise<void> {
  const key = "filter.flotilla-salt.clean";
  const filter = "awk -f setup/salt-filter.awk";
  const known = await run("git", ["config", "--local", "--get", key], { cwd: root });
  // 1 says that it isn't set; anything else that this is no clone, or there is no git: then nothing is to be hidden.
  if (known.code === 1 || (known.code === 0 && known.stdout.trim() !== filter)) {
    await run("git", ["config", "--local", key, filter], { cwd: root });
  }
}

async function pulumi(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await run("pulumi", [...args, "--non-interactive"], { cwd: root, env });
  if (code !== 0) throw new SetupError(`\`pulumi ${args.join(" ")}\` failed:\n${lastLines(stderr)}`);
}
