import type { CommandArgs } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";

/** The same shape with Pulumi inputs in the place of values, at every depth. */
export type Inputs<T> =
  | pulumi.Input<T>
  | (T extends readonly (infer E)[]
      ? readonly Inputs<E>[]
      : T extends object
        ? { readonly [K in keyof T]: Inputs<T[K]> }
        : never);

/**
 * How a command of ours is handed its arguments: as JSON on standard input, which is secret in state, since command
 * line and environment would show tokens to everybody on the machine. What is to make the command run again goes in
 * there too, never into `triggers`: a changed trigger replaces the command, which runs its `delete`.
 */
export function stdinJson<T extends object>(
  args: Inputs<T>,
): Pick<CommandArgs, "stdin" | "logging" | "addPreviousOutputInEnv"> {
  return {
    stdin: pulumi.secret(pulumi.jsonStringify(args)),
    logging: "stderr",
    addPreviousOutputInEnv: false,
  };
}
