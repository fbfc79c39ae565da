import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { sizeFault } from "../config/size.ts";
import { attempt } from "../runtime/program.ts";
import { addresses, type Outputs } from "./addresses.ts";
import { hintFor } from "./hints.ts";
import { clearDeadLocks } from "./locks.ts";
import { cache, root } from "./places.ts";
import { SetupError } from "./say.ts";
import { settle } from "./settle.ts";

/** `pulumi up` of a stack as if typed by hand, then where to look; or what to do if the machine failed it. */
export async function up(stack: string, env: NodeJS.ProcessEnv, flags: readonly string[]): Promise<number> {
  refuseOversizedConfig(stack);
  // Nobody is asked, so a preview would only run the program a second time.
  const { code, output } = await pulumi("up", stack, env, ["--skip-preview", ...flags]);
  if (code !== 0) return code;
  if (/pending operations from previous deployment/.test(output)) await settle(stack, env);
  await printAddresses(stack, env);
  return code;
}

/**
 * The same for `pulumi destroy`, for more resources at a time than Pulumi takes by itself: the provider waits 2 s for each
 * volume and each network that goes.
 */
export async function destroy(
  stack: string,
  env: NodeJS.ProcessEnv,
  flags: readonly string[],
): Promise<number> {
  return (await pulumi("destroy", stack, env, ["--parallel", "32", ...flags])).code;
}

/**
 * Runs Pulumi on the user's terminal; a failure of the machine's ends in one line on what to do. What it told comes with
 * the exit code.
 */
async function pulumi(
  command: "up" | "destroy",
  stack: string,
  env: NodeJS.ProcessEnv,
  flags: readonly string[],
): Promise<{ code: number; output: string }> {
  clearDeadLocks(stack);
  mkdirSync(cache, { recursive: true });
  const events = join(cache, `events-${process.pid}.log`);
  const args = [command, "--yes", "--stack", stack, "--event-log", events, ...flags];
  let stderr = "";
  const code = await new Promise<number>((done) => {
    // stdout stays the terminal, for Pulumi's live display; its text is read from the event log instead,
    // which is a flag only with PULUMI_DEBUG_COMMANDS.
    const child = spawn("pulumi", args, {
      cwd: root,
      env: { ...env, PULUMI_DEBUG_COMMANDS: "true" },
      stdio: ["inherit", "inherit", "pipe"],
    });
    child.stderr.on("data", (data: Buffer) => {
      process.stderr.write(data);
      stderr += data;
    });
    // Ctrl-C reaches Pulumi too, which ends the update properly; wait for that.
    process.on("SIGINT", () => {});
    child.on("error", () => done(127));
    child.on("close", (status) => done(status ?? 130));
  });
  const output = stderr + readEvents(events);
  rmSync(events, { force: true });
  const hint = code === 0 ? undefined : hintFor(output);
  if (hint) process.stderr.write(`${colors.yellow("what to do:")} ${hint}\n`);
  return { code, output };
}

/** Pulumi would end with "fork/exec node: argument list too long". */
function refuseOversizedConfig(stack: string): void {
  const file = join(root, `Pulumi.${stack}.yaml`);
  const fault = existsSync(file) && sizeFault(stack, readFileSync(file, "utf8"));
  if (fault) throw new SetupError(fault);
}

function readEvents(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // Pulumi gave up before its engine started.
  }
}

async function printAddresses(stack: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stdout } = await attempt("pulumi", ["stack", "output", "--json", "--stack", stack], {
    cwd: root,
    env,
  });
  if (code === 0) process.stdout.write(`\n${addresses(stack, JSON.parse(stdout) as Outputs)}`);
}
