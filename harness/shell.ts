import { spawn } from "node:child_process";

export interface Options {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input. */
  input?: string;
  /** Ends the program. */
  signal?: AbortSignal;
  /** How. @default SIGTERM */
  killSignal?: NodeJS.Signals;
}

export interface Outcome {
  code: number;
  stdout: string;
  /** Standard output and standard error as they came. */
  output: string;
}

/** Runs a program to its end, whatever that is. */
export function attempt(program: string, args: readonly string[], options: Options = {}): Promise<Outcome> {
  const { input = "", ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...rest, stdio: "pipe" });
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, output }));
    // A program that ends without reading is no fault of ours.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Runs a program that must succeed, and gives its standard output. */
export async function run(program: string, args: readonly string[], options?: Options): Promise<string> {
  const { code, stdout, output } = await attempt(program, args, options);
  if (code !== 0)
    throw new Error(`${program} ${args.join(" ")} ended with code ${code}:\n${output.trimEnd()}`);
  return stdout;
}
