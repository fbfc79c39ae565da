import { statSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { faultsMessage } from "./faults.ts";
import { parseSettings } from "./parse.ts";
import type { Settings } from "./settings.ts";

const namespace = "flotilla:";

/** Reads the stack's config; throws one error that lists every fault before anything is touched. */
export function readSettings(): Settings {
  const stack = pulumi.getStack();
  // The raw texts, not pulumi.Config: a secret inside of an object would make an Output of all the rest.
  const config = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(namespace))
    .map(([key, text]) => [key.slice(namespace.length), text] as const);

  const parsed = parseSettings(Object.fromEntries(config), {
    stack,
    secretKeys: new Set(config.map(([key]) => key).filter((key) => isSecret(namespace + key))),
    lookUp,
  });
  if ("faults" in parsed) throw new pulumi.RunError(faultsMessage(stack, parsed.faults));
  return parsed.settings;
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
