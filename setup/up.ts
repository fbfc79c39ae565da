import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import colors from "picocolors";
import { sizeFault } from "../config/size.ts";
import { addresses, type Outputs } from "./addresses.ts";
import { stack } from "./dev-stack.ts";
import { hintFor } from "./hints.ts";
import { cache, root } from "./places.ts";
import { run } from "./run-program.ts";
import { SetupError } from "./say.ts";

/** `pulumi up` of the dev stack as if typed by hand, then where to look; or what to do if the machine failed it. */
export async function up(env: NodeJS.ProcessEnv, flags: readonly string[]): Promise<number> {
  refuseOversizedConfig();
  const code = await pulumi("up", env, flags);
  if (code === 0) await printAddresses(env);
  return code;
}

/** The same for `pulumi destroy`. */
export async function destroy(env: NodeJS.ProcessEnv, flags: readonly string[]): Promise<number> {
  return pulumi("destroy", env, flags);
}

/** Runs Pulumi on the user's terminal; a failure of the machine's ends in one line on what to do. */
async function pulumi(
  command: "up" | "destroy",
  env: NodeJS.ProcessEnv,
  flags: readonly string[],
): Promise<number> {
  mkdirSync(cache, { recursive: true });
  const events = join(cache, `events-${process.pid}.log`);
  // Nobody is asked, so a preview would only run the program a second time.
  const args = [command, "--yes", "--skip-preview", "--stack", stack, "--event-log", events, ...flags];
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
  const hint = code === 0 ? undefined : hintFor(stderr + readEvents(events));
  rmSync(events, { force: true });
  if (hint) process.stderr.write(`${colors.yellow("what to do:")} ${hint}\n`);
  return code;
}

/** Pulumi would end with "fork/exec node: argument list too long". */
function refuseOversizedConfig(): void {
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

async function printAddresses(env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stdout } = await run("pulumi", ["stack", "output", "--json", "--stack", stack], {
    cwd: root,
    env,
  });
  if (code === 0) process.stdout.write(`\n${addresses(JSON.parse(stdout) as Outputs)}`);
}
