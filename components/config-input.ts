import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Given } from "../config/given.ts";
import type { configShape } from "../config/shapes.ts";
import type { Inputs } from "./command-input.ts";

/** Config as a program says it: what may stand in the stack's file, with inputs in the place of values. */
export type Config = { readonly [K in keyof ConfigValues]: Inputs<ConfigValues[K]> };
type ConfigValues = z.input<typeof configShape>;

/**
 * What inputs stand for. All of it must be known before anything is made, since everything is checked by then; secrets are
 * told from the rest as in the stack's file.
 */
export async function given(config: Config): Promise<Given> {
  const { plain, written } = await resolved(config, []);
  return { values: plain as Given["values"], written: written as Given["written"] };
}

interface Resolved {
  readonly plain: unknown;
  /** As the stack's file would have it. */
  readonly written: unknown;
}

async function resolved(input: unknown, path: readonly string[]): Promise<Resolved> {
  if (pulumi.Output.isInstance(input)) return ofOutput(input, path);
  const value = await input;
  if (typeof value !== "object" || value === null) return { plain: value, written: value };
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const parts = await Promise.all(
    entries.map(async ([key, part]) => [key, await resolved(part, [...path, key])] as const),
  );
  const made = (of: keyof Resolved) =>
    Array.isArray(value)
      ? parts.map(([, part]) => part[of])
      : Object.fromEntries(parts.map(([key, part]) => [key, part[of]]));
  return { plain: made("plain"), written: made("written") };
}

async function ofOutput(output: pulumi.Output<unknown>, path: readonly string[]): Promise<Resolved> {
  // The SDK keeps it out of its types.
  const { isKnown } = output as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) {
    const message = "is not known before it is made: everything is checked before anything changes";
    throw new pulumi.RunError(`flotilla: ${path.join(".")} ${message}`);
  }
  const plain = await new Promise((resolve) => output.apply(resolve));
  return { plain, written: (await pulumi.isSecret(output)) ? { secure: "" } : plain };
}
