import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { attempt, type Outcome, type RunOptions } from "../runtime/program.ts";
import { runInfo } from "./run-info.ts";
import { say } from "./say.ts";
import { timed } from "./wait.ts";

/** What `pulumi up` shows at its end, as far as the tests ask. */
export interface Outputs {
  url: string;
  loadBalancers: { name: string; url: string; statsUrl: string }[];
  consul: { name: string; url: string }[];
  services: Record<string, { replicas: number; instances: string[] }>;
  consulToken: string;
  statsPassword: string;
}

/**
 * A stack of the project, driven by the real CLI in the project's folder as a user would. Its state and its config
 * file are in the run's folder, so that nothing in the project changes.
 */
export class Stack<Config extends object> {
  readonly name: string;
  readonly #project: string;
  readonly #home: string;
  readonly #isUsers: boolean;

  /** One of the run's own; of a copy of the project where one is given. */
  constructor(name: string, project = runInfo().root, isUsers = false) {
    this.name = name;
    this.#project = project;
    this.#home = join(runInfo().folder, "pulumi");
    this.#isUsers = isUsers;
  }

  /** One that its user has: with his state, and a copy of its config that can be changed and thrown away. */
  static ofUser<Config extends object>(name: string): Stack<Config> {
    const stack = new Stack<Config>(name, undefined, true);
    mkdirSync(stack.#home, { recursive: true });
    copyFileSync(join(runInfo().root, `Pulumi.${name}.yaml`), stack.#configFile);
    return stack;
  }

  get exists(): boolean {
    return existsSync(this.#configFile);
  }

  async create(): Promise<void> {
    mkdirSync(join(this.#home, "state"), { recursive: true });
    if (!existsSync(this.#passphraseFile))
      writeFileSync(this.#passphraseFile, randomBytes(16).toString("hex"));
    copyFileSync(join(runInfo().root, "Pulumi.yaml"), join(this.#home, "Pulumi.yaml"));
    // Pulumi keeps the salt of a new stack in the folder where it is made.
    const outcome = await this.#run(["stack", "init", this.name, "--cwd", this.#home]);
    if (outcome.code !== 0) throw new Error(outcome.output);
  }

  /** The keys of the project's own namespace; what is given replaces them all. */
  get config(): Config {
    const { config } = this.#readConfig();
    const entries = Object.entries(config ?? {}).map(([key, value]) => [key.replace("flotilla:", ""), value]);
    return Object.fromEntries(entries);
  }

  set config(values: Config) {
    const entries = Object.entries(values).map(([key, value]) => [`flotilla:${key}`, value]);
    writeFileSync(
      this.#configFile,
      stringify({ ...this.#readConfig(), config: Object.fromEntries(entries) }),
    );
  }

  async setSecret(path: string, value: string): Promise<void> {
    const key = `flotilla:${path}`;
    const outcome = await this.#run(["config", "set", "--secret", "--path", key, value, ...this.#which]);
    if (outcome.code !== 0) throw new Error(outcome.output);
  }

  /** Starts `pulumi up` and ends it without a chance to put anything in order, as soon as `moment` has come. */
  async killUp(moment: () => Promise<void>): Promise<void> {
    const end = new AbortController();
    const args = ["up", "--yes", "--skip-preview", ...this.#which];
    const running = this.#run(args, { signal: end.signal, killSignal: "SIGKILL" });
    running.catch(() => {});
    await Promise.race([moment(), running]);
    end.abort();
    const outcome = await running.catch(() => undefined);
    if (outcome?.code === 0) throw new Error("`pulumi up` was done before it could be killed");
    say("  pulumi up: killed");
  }

  /** What the README says to do after that: takes away the lock that it left. */
  async cancel(): Promise<void> {
    const { code, output } = await this.#run(["cancel", "--yes", "--stack", this.name]);
    if (code !== 0) throw new Error(output);
  }

  /** `pulumi up`, `refresh`, `preview` and so on, whether it succeeds or not. */
  async attempt(command: "up" | "refresh" | "preview" | "destroy", ...flags: string[]): Promise<Outcome> {
    const consent = command === "preview" ? [] : ["--yes", "--skip-preview"];
    const { result, seconds } = await timed(() => this.#run([command, ...consent, ...this.#which, ...flags]));
    say(`  pulumi ${[command, ...flags].join(" ")}: code ${result.code} after ${seconds.toFixed(1)} s`);
    return result;
  }

  /** The same where it must succeed; gives what it printed. */
  async run(...args: Parameters<Stack<Config>["attempt"]>): Promise<string> {
    const { code, output } = await this.attempt(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with code ${code}:\n${output}`);
    return output;
  }

  async outputs(): Promise<Outputs> {
    return JSON.parse(await this.read("output", "--json", "--show-secrets"));
  }

  /** What a subcommand of `pulumi stack` prints. */
  async read(...args: string[]): Promise<string> {
    const { code, stdout, output } = await this.#run(["stack", ...args, "--stack", this.name]);
    if (code !== 0) throw new Error(output);
    return stdout;
  }

  /** Runs a program of the project's that works on the stack beside Pulumi, such as "rollback". */
  operate(program: string, ...args: string[]): Promise<Outcome> {
    const file = join(this.#project, "operate", `${program}.ts`);
    // Users have the config in the project's folder, where Pulumi finds it by itself.
    const env = { ...this.#env, PULUMI_OPTION_CONFIG_FILE: this.#configFile };
    return attempt(process.execPath, [file, "--stack", this.name, ...args], { cwd: this.#project, env });
  }

  #run(args: string[], options: Pick<RunOptions, "signal" | "killSignal"> = {}): Promise<Outcome> {
    const command = [...args, "--non-interactive", "--color=never"];
    return attempt("pulumi", command, { cwd: this.#project, env: this.#env, ...options });
  }

  get #env(): NodeJS.ProcessEnv {
    const pulumiHome = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
    // First the Node that runs this, since Pulumi's language host takes the first it finds.
    const path = [dirname(process.execPath), join(pulumiHome, "bin"), process.env.PATH];
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: path.join(delimiter),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      NO_COLOR: "1",
      ...(!this.#isUsers && {
        PULUMI_BACKEND_URL: `file://${join(this.#home, "state")}`,
        PULUMI_CONFIG_PASSPHRASE_FILE: this.#passphraseFile,
      }),
    };
    // It would go before the file.
    if (!this.#isUsers) delete env.PULUMI_CONFIG_PASSPHRASE;
    return env;
  }

  get #which(): string[] {
    return ["--stack", this.name, "--config-file", this.#configFile];
  }

  get #configFile(): string {
    return join(this.#home, `Pulumi.${this.name}.yaml`);
  }

  get #passphraseFile(): string {
    return join(this.#home, "passphrase");
  }

  #readConfig(): { config?: Record<string, unknown> } {
    return parse(readFileSync(this.#configFile, "utf8"));
  }
}
