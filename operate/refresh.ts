/**
 * `npm run refresh`: has Pulumi look at what is there, as `pulumi refresh` does, which fails where one of several hosts does
 * not answer; this leaves out what is on those.
 */
import { Command } from "commander";
import colors from "picocolors";
import { addressOf } from "../lib/docker-endpoint.ts";
import { withDeadline } from "../runtime/deadline.ts";
import { DockerEngine } from "../runtime/docker.ts";
import { show } from "../runtime/program.ts";
import { stack as devStack } from "../setup/dev-stack.ts";
import { clearDeadLocks } from "../setup/locks.ts";
import { SetupError } from "../setup/say.ts";
import { type HostProvider, hostProviders } from "./host-providers.ts";
import { exportStack } from "./stack.ts";

/** Seconds that an engine gets to answer. */
const ANSWER = 10;

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
  const hosts = hostProviders(resources);
  const reasons = await Promise.all(hosts.map(silence));
  const silent = hosts.filter((_, index) => reasons[index] !== undefined);
  if (hosts.length > 0 && silent.length === hosts.length)
    throw new SetupError(`No host of the stack ${stack} answers: ${reasons.join("; ")}`);
  for (const [index, { key, docker }] of hosts.entries())
    if (reasons[index] !== undefined)
      process.stderr.write(
        `host ${key}: no Docker engine answers at ${addressOf(docker)} (${reasons[index]}); what is there is left out\n`,
      );
  clearDeadLocks(stack);
  const excluded = silent.flatMap(({ urns }) => urns).flatMap((urn) => ["--exclude", urn]);
  const args = ["refresh", "--stack", stack, ...(yes ? ["--yes", "--skip-preview"] : []), ...excluded];
  return show("pulumi", args, { stdio: "inherit" });
}

/** Why a host's engine does not answer; undefined where it does. */
async function silence({ docker }: HostProvider): Promise<string | undefined> {
  const ask = () => new DockerEngine(docker).docker("version", "--format", "{{.Server.Version}}");
  return withDeadline(ANSWER, ask).then(
    () => undefined,
    (error: Error) => error.message.trim().split("\n").at(-1),
  );
}

try {
  await program.parseAsync();
  // Connections that are still open must not keep the terminal waiting.
  process.exit();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${colors.red("refresh stopped:")} ${error.message}\n`);
  process.exit(1);
}
