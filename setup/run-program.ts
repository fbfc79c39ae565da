import { type SpawnOptions, spawn } from "node:child_process";

export interface Finished {
  /** Exit code; 127 where the program is not to be found, 124 where its time ran out. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends Pick<SpawnOptions, "cwd" | "env"> {
  /** Ends the program after so many milliseconds in all. */
  readonly timeout?: number;
  /** Ends the program when it has printed nothing for so many milliseconds: before its first output, and after. */
  readonly silence?: { readonly first: number; readonly later: number };
  /** Where its output goes as it comes, beside being collected. */
  readonly echo?: NodeJS.WritableStream;
}

/** Runs a program to its end and collects what it prints; a failure is an exit code, never an exception. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd, env, timeout, silence, echo } = options;
  return new Promise((done) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    let outOfTime = false;
    const stop = () => {
      outOfTime = true;
      child.kill("SIGKILL");
    };
    const limit = timeout === undefined ? undefined : setTimeout(stop, timeout);
    let quiet = silence && setTimeout(stop, silence.first);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
        echo?.write(text);
        clearTimeout(quiet);
        quiet = silence && setTimeout(stop, silence.later);
      });
    }
    const finish = (code: number) => {
      clearTimeout(limit);
      clearTimeout(quiet);
      done({ code: outOfTime ? 124 : code, ...output });
    };
    child.on("error", (error) => {
      output.stderr += error.message;
      finish(127);
    });
    child.on("close", (code) => finish(code ?? 1));
  });
}

/** Runs a program that talks to the user itself; its stdout joins our stderr unless it is the result asked for. */
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
