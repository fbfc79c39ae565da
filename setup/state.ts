import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { backendUrl } from "./environment.ts";

export const project = "flotilla";

/** A resource as Pulumi's state has it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  /** URN and id of the provider that has made it. */
  readonly provider?: string;
  readonly protect?: boolean;
  /** Another took its place, and it was not yet deleted. */
  readonly delete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What Pulumi last wrote down of a stack. */
export interface Deployment {
  readonly secrets_providers?: { readonly state?: { readonly salt?: string } };
  readonly resources?: readonly StateResource[];
  /** What runs of Pulumi that were killed had begun. */
  readonly pending_operations?: readonly unknown[];
}

/** Folder in which this machine keeps the states of stacks; undefined where they are kept elsewhere. */
export function stateFolder(): string | undefined {
  const url = backendUrl();
  if (!url.startsWith("file://")) return undefined;
  const folder = url
    .replace(/^file:\/\//, "")
    .replace(/\?.*$/, "")
    .replace(/^~/, homedir());
  return join(folder, ".pulumi");
}

/** A stack's state; undefined where there is no such stack, or its state is kept elsewhere. */
export function readState(stack: string): Deployment | undefined {
  const folder = stateFolder();
  const file = folder && join(folder, "stacks", project, `${stack}.json`);
  if (!file || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")).checkpoint.latest ?? {};
}
