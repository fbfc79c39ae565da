import type { Command } from "commander";
import colors from "picocolors";
import { CommandFailure } from "../runtime/command.ts";
import { SetupError } from "../setup/say.ts";

/**
 * Runs a program that people call by `npm run NAME --`, as it names itself. What they can act on, a {@link SetupError} or a
 * {@link CommandFailure}, is told in one message and ends it with exit code 1.
 */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
    // Connections that are still open must not keep the terminal waiting.
    process.exit();
  } catch (error) {
    if (!(error instanceof SetupError || error instanceof CommandFailure)) throw error;
    const [, , name] = program.name().split(" ");
    process.stderr.write(`${colors.red(`${name} stopped:`)} ${error.message}\n`);
    process.exit(1);
  }
}
