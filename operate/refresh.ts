/**
 * `npm run refresh`: has Pulumi look at what is there, as `pulumi refresh` does, which fails where one of several hosts does
 * not answer; this leaves out what is on those.
 */
import { Command } from "commander";
import { show } from "../runtime/program.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { clearDeadLocks } from "../setup/locks.ts";
import { hostProviders, silentOnes } from "./host-providers.ts";
import { runProgram } from "./run-program.ts";
import { exportStack } from "./stack.ts";

interface Options {
  readonly stack: string;
  readonly yes?: boolean;
}

const program = new Command("npm run refresh --")
  .description("Has Pulumi look at what is on all hosts that answer, so that the next `pulumi up` mends it.")
  .option("--stack <name>", "another stack than dev", devStack)
  .option("--yes", "do not ask")
  .action(async (options: Options) => {
    process.exitCode = await refresh(options);
  });

async function refresh({ stack, yes }: Options): Promise<number> {
  const { resources = [] } = await exportStack(stack);
  const silent = await silentOnes(stack, hostProviders(resources));
  clearDeadLocks(stack);
  const excluded = silent.flatMap(({ urns }) => urns).flatMap((urn) => ["--exclude", urn]);
  const args = ["refresh", "--stack", stack, ...(yes ? ["--yes", "--skip-preview"] : []), ...excluded];
  return show("pulumi", args, { stdio: "inherit" });
}

await runProgram(program);
