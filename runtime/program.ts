import { type SpawnOptions, spawn } from "node:child_process";
import { deadlineSignal } from "./deadline.ts";

/** How a program ended, and what it printed. */
export interface Outcome {
  /** Exit code; 127 where the program is not to be found, 124 where its time ran out, 1 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output and standard error as they came. */
  readonly output: string;
  /** Why there is no exit code of its own. */
  readonly failure?: "not found" | "out of time";
}

/** How a program is run. */
export interface RunOptions extends Pick<SpawnOptions, "cwd" | "env"> {
  /** Written to its standard input. @default nothing, its end at once */
  readonly input?: string;
  /** Ends the program after so many milliseconds in all, beside the deadline of whoever runs it. */
  readonly timeout?: number;
  /** Ends the program when it has printed nothing for so many milliseconds: before its first output, and after. */
  readonly silence?: { readonly first: number; readonly later: number };
  /** Where its output goes as it comes, beside being collected. */
  readonly echo?: NodeJS.WritableStream;
  /** Ends the program, and rejects. */
  readonly signal?: AbortSignal;
  /** How. @default SIGTERM */
  readonly killSignal?: NodeJS.Signals;
}

/**
 * Runs a program to its end and collects what it prints; a failure is an exit code, not an exception. A program that
 * outlives its time is killed, and not waited for.
 */
export function attempt(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const { cwd, env, input = "", timeout, silence, echo, signal, killSignal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, signal, killSignal, stdio: "pipe" });
    const printed = { stdout: "", stderr: "", output: "" };
    const finish = (code: number, failure?: Outcome["failure"]) => {
      clearTimeout(limit);
      clearTimeout(quiet);
      deadline?.removeEventListener("abort", stop);
      resolve({ code, ...printed, ...(failure && { failure }) });
    };
    const stop = () => {
      child.kill("SIGKILL");
      // What it started may hold these for longer.
      child.stdout.destroy();
      child.stderr.destroy();
      finish(124, "out of time");
    };
    const limit = timeout === undefined ? undefined : setTimeout(stop, timeout);
    let quiet = silence && setTimeout(stop, silence.first);
    const deadline = deadlineSignal();
    deadline?.addEventListener("abort", stop, { once: true });
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        printed[name] += text;
        printed.output += text;
        echo?.write(text);
        clearTimeout(quiet);
        quiet = silence && setTimeout(stop, silence.later);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.name === "AbortError") return reject(error);
      printed.stderr += error.message;
      printed.output += error.message;
      finish(127, "not found");
    });
    child.on("close", (code) => finish(code ?? 1));
    // A program that ends without reading is no fault of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    if (deadline?.aborted) stop();
  });
}

/** Runs a program that must succeed, and returns its standard output. */
export async function run(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, output } = await attempt(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args.join(" ")} ended with code ${code}:\n${output.trimEnd()}`);
  return stdout;
}

/**
 * Runs a program that talks to the user itself, and returns its exit code; its stdout joins our stderr unless it is the
 * result asked for.
 */
export function show(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: ["inherit", 2, 2], ...options });
    // Ctrl-C reaches the program too, which may have to clean up; that is waited for.
    const wait = () => {};
    process.on("SIGINT", wait);
    const finish = (code: number) => {
      process.off("SIGINT", wait);
      done(code);
    };
    child.on("error", () => finish(127));
    child.on("close", (code) => finish(code ?? 130));
  });
}

/** The last lines of a text, for a message that must stay short. */
export function lastLines(text: string, count = 8): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
