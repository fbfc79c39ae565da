import path from "node:path";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { packageFolder } from "../lib/package-folder.ts";

/** The same shape with Pulumi inputs in the place of values, at every depth. */
export type Inputs<T> =
  | pulumi.Input<T>
  | (T extends readonly (infer E)[]
      ? readonly Inputs<E>[]
      : T extends object
        ? { readonly [K in keyof T]: Inputs<T[K]> }
        : never);

/** What Pulumi runs and when: a program in commands/ with its flags, such as "register.ts --withdraw". */
export interface Programs {
  /** @default what `update` says; null for nothing */
  readonly create?: string | null;
  /** @default nothing */
  readonly update?: string;
  /** @default nothing */
  readonly delete?: string;
}

/**
 * A resource that runs programs of ours. Its arguments reach them as JSON on standard input, and are secret in state:
 * command line and environment show tokens to everybody on the machine. What makes the command run again is among the
 * arguments too, never in `triggers`: a changed trigger replaces the command, which runs its `delete`. What the programs
 * print is secret in state, since they quote applications and Consul.
 */
export function programCommand<T extends object>(
  name: string,
  programs: Programs,
  args: Inputs<T>,
  opts: pulumi.CustomResourceOptions,
): Command {
  const { update, create = update ?? null, delete: remove } = programs;
  return new Command(
    name,
    {
      ...(create !== null && { create: lineOf(create) }),
      ...(update !== undefined && { update: lineOf(update) }),
      ...(remove !== undefined && { delete: lineOf(remove) }),
      stdin: pulumi.secret(pulumi.jsonStringify(args)),
      logging: "stderr",
      addPreviousOutputInEnv: false,
    },
    { ...opts, additionalSecretOutputs: ["stdout", "stderr"] },
  );
}

/** The plugin runs a shell, which makes way for the program: signals that end the one then end the other. */
const lineOf = (program: string) => ["exec node", ...stripping, inPackage(`commands/${program}`)].join(" ");

const inPackage = (file: string) => path.join(packageFolder, file);

/** Where dependencies live, Node takes TypeScript only with a hand. */
const stripping = packageFolder.split(path.sep).includes("node_modules")
  ? [`--import ./${inPackage("setup/strip-types.js")}`]
  : [];
