import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cache, pulumiHome, root } from "./places.ts";

/** This user's passphrase for stacks that bring none of their own. */
export const passphraseFile = join(homedir(), ".pulumi", "flotilla", "passphrase");

/**
 * A folder that keeps the states of stacks. Without the files of attributes that Pulumi would write beside them, and read
 * again: one that was cut short by the end of its process makes the state unreadable ("failed to load checkpoint: EOF").
 */
export const folderUrl = (folder: string) => `file://${folder}?metadata=skip`;

/** Where stacks live: what the user chose by variable or `pulumi login`, else files in the home folder. */
export function backendUrl(): string {
  return process.env.PULUMI_BACKEND_URL || loggedInTo() || folderUrl(homedir());
}

function loggedInTo(): string | undefined {
  const file = process.env.PULUMI_CREDENTIALS_PATH
    ? join(process.env.PULUMI_CREDENTIALS_PATH, "credentials.json")
    : join(pulumiHome, "credentials.json");
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")).current || undefined;
}

/** Whether stack secrets hang on our passphrase file: not where the user gave a passphrase or the backend has keys. */
export function usesPassphraseFile(): boolean {
  const own = process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  const given = process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || (own && own !== passphraseFile);
  return !given && !/^https?:/.test(backendUrl());
}

/** What a plain `pulumi` needs beyond the user's own environment; none of it is a secret. */
export interface PulumiEnvironment {
  /** Folders that go before the rest of PATH. */
  readonly folders: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

export function pulumiEnvironment(cliFolder: string): PulumiEnvironment {
  return {
    // First, so that Pulumi's language host finds a Node that runs TypeScript.
    folders: [join(root, "node_modules", ".bin"), cliFolder],
    variables: {
      PULUMI_HOME: pulumiHome,
      PULUMI_BACKEND_URL: backendUrl(),
      ...(usesPassphraseFile() && { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile }),
      // A Pulumi.dev.yaml fresh from git has no salt: then the state's own is right, and a new one would be wrong.
      PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
      // The SDK is large: keeping its compiled code saves a third of its start, 0.3 s of each run.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(cache, "node-compile-cache"),
      // Otherwise the engine asks the providers about one resource after the other. Measured: a fifth of the time that a
      // preview of 100 copies takes on two cores.
      PULUMI_PARALLEL_DIFF: process.env.PULUMI_PARALLEL_DIFF || "true",
      // CLI and plugins are short-lived: collecting garbage less often takes a tenth off their CPU seconds.
      GOGC: process.env.GOGC || "400",
      // Asks a server on every run, and the version is pinned anyway.
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  };
}

/** The same for a program that we start. */
export function processEnv({ folders, variables }: PulumiEnvironment): NodeJS.ProcessEnv {
  const PATH = [...folders, ...(process.env.PATH ?? "").split(delimiter)].join(delimiter);
  return { ...process.env, ...variables, PATH };
}
