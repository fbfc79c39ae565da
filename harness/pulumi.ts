import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { runInfo } from "./run-info.ts";
import { say } from "./say.ts";
import { attempt, type Outcome } from "./shell.ts";
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
  readonly #home: string;

  constructor(name: string) {
    this.name = name;
    this.#home = join(runInfo().folder, "pulumi");
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

  #run(args: string[]): Promise<Outcome> {
    const pulumiHome = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
    // First the Node that runs this, since Pulumi's language host takes the first it finds.
    const path = [dirname(process.execPath), join(pulumiHome, "bin"), process.env.PATH];
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: path.join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(this.#home, "state")}`,
      PULUMI_CONFIG_PASSPHRASE_FILE: this.#passphraseFile,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    // It would go before the file.
    delete env.PULUMI_CONFIG_PASSPHRASE;
    return attempt("pulumi", [...args, "--non-interactive", "--color=never"], { cwd: runInfo().root, env });
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
