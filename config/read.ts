import { readFileSync, statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { faultsMessage, listed } from "./faults.ts";
import { type Given, withValues, withWritten } from "./given.ts";
import { parseSettings } from "./parse.ts";
import type { Settings } from "./settings.ts";

const namespace = "flotilla:";

/** Reads the stack's config, over what a program gives; throws one error that lists every fault before anything is touched. */
export function readSettings(given?: Given): Settings {
  const stack = pulumi.getStack();
  // The raw texts, not pulumi.Config: a secret inside of an object would make an Output of all the rest.
  const config = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, text]) => [key.slice(namespace.length), text]),
  );
  const secretKeys = Object.keys(config).filter((key) => isSecret(namespace + key));

  const file = `Pulumi.${stack}.yaml`;
  const text = lookUp(file) === "file" ? readFileSync(file, "utf8") : undefined;
  const parsed = parseSettings(given ? withValues(config, given) : config, {
    stack,
    file: given ? withWritten(text ?? "", given) : text,
    secretKeys: new Set([...secretKeys, ...Object.keys(given?.written ?? {})]),
    // The docker client goes by the one, the provider by the other.
    hasClientTls: Boolean(process.env.DOCKER_TLS_VERIFY && process.env.DOCKER_CERT_PATH),
    lookUp,
  });
  if ("faults" in parsed) throw new pulumi.RunError(faultsMessage(stack, parsed.faults));
  if (parsed.unclear.length > 0) pulumi.log.warn(unclearMessage(file, parsed.unclear));
  return parsed.settings;
}

function unclearMessage(file: string, sections: readonly string[]): string {
  const names = listed(sections.map((section) => namespace + section));
  return `The config is not that of ${file}, so nothing tells which values of ${names} are encrypted: none of them is checked for secrets in plain text, and every environment counts as secret.`;
}

/** The SDK knows which keys are secret, but keeps it out of its types. */
function isSecret(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return isConfigSecret(key);
}

function lookUp(path: string): "file" | "folder" | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return "folder";
  return found ? "file" : undefined;
}
