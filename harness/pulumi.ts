import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { attempt, type Outcome, type RunOptions } from "../runtime/program.ts";
import { folderUrl } from "../setup/environment.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { commandLine, processesWith } from "./processes.ts";
import { type Resource, resourcesOf } from "./resources.ts";
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
  operatorToken: string;
  statsPassword: string;
}

/** Environment variable by which all that a run of Pulumi starts is known: its children are in process groups of their own. */
const MARK = "FLOTILLA_MARK";

/** What the project's own file has of a stack; keys are without the project's namespace. */
export const committedConfig = <Config extends object>(stack: string): Config =>
  configIn(parse(readFileSync(join(runInfo().root, `Pulumi.${stack}.yaml`), "utf8")));

function configIn<Config extends object>({ config }: { config?: Record<string, unknown> }): Config {
  const entries = Object.entries(config ?? {}).map(([key, value]) => [key.replace("flotilla:", ""), value]);
  return Object.fromEntries(entries);
}

/** In the environment of the services that are tried: nothing that Pulumi says may show it. */
export const markedValue = "a-value-of-an-environment-4711";

/** Pulumi's plugins do nothing without it, but look only every five minutes whether it is still there. */
const isAtWork = (command: string) => !/\/pulumi-(language|resource)-\S*( |$)/.test(command);

/** How a `pulumi up` is ended: without a chance to put anything in order, or as from a terminal. */
export type End = "kill -9" | "Ctrl-C";

/**
 * A stack of the project, driven by the real CLI in the project's folder as a user would. Its state and its config
 * file are in the run's folder, so that nothing in the project changes.
 */
export class Stack<Config extends object> {
  readonly name: string;
  readonly #project: string;
  readonly #home: string;
  readonly #isUsers: boolean;
  #outputs: Promise<Outputs> | undefined;
  readonly #secrets: string[] = [];

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
    copyFileSync(join(this.#project, "Pulumi.yaml"), join(this.#home, "Pulumi.yaml"));
    // Pulumi keeps the salt of a new stack in the folder where it is made.
    const outcome = await this.#run(["stack", "init", this.name, "--cwd", this.#home]);
    if (outcome.code !== 0) throw new Error(outcome.output);
  }

  /** The keys of the namespace `flotilla`, without it, and others with theirs; what is given replaces them all. */
  get config(): Config {
    return configIn(this.#readConfig());
  }

  set config(values: Config) {
    const entries = Object.entries(values).map(([key, value]) => [
      key.includes(":") ? key : `flotilla:${key}`,
      value,
    ]);
    writeFileSync(
      this.#configFile,
      stringify({ ...this.#readConfig(), config: Object.fromEntries(entries) }),
    );
  }

  /** Makes the project from a template, without a stack or what it depends on. */
  async beginProject(template: string, name: string): Promise<void> {
    mkdirSync(this.#project, { recursive: true });
    const flags = ["--generate-only", "--offline", "--yes"];
    const about = ["--name", name, "--description", "tried by a test"];
    const { code, output } = await this.#run(["new", template, ...flags, ...about]);
    if (code !== 0) throw new Error(output);
  }

  async setSecret(path: string, value: string): Promise<void> {
    this.#secrets.push(value);
    const key = `flotilla:${path}`;
    const outcome = await this.#run(["config", "set", "--secret", "--path", key, value, ...this.#which]);
    if (outcome.code !== 0) throw new Error(outcome.output);
  }

  /**
   * Starts `pulumi up` and ends it as soon as `moment` has come. Gives a look that throws as long as anything of what it
   * started works on.
   */
  async endUp(end: End, moment: () => Promise<void>): Promise<() => void> {
    this.#outputs = undefined;
    const args = ["up", "--yes", "--skip-preview", ...this.#which, ...this.#plain];
    // A process group of its own, as a shell makes one for each command.
    const mark = randomBytes(8).toString("hex");
    const env = { ...this.#env, [MARK]: mark };
    const child = spawn("pulumi", args, { cwd: this.#project, env, detached: true, stdio: "ignore" });
    const { pid } = child;
    if (pid === undefined) throw new Error("pulumi could not be started");
    const ended = once(child, "exit");
    const tooSoon = ended.then(() => Promise.reject(new Error("`pulumi up` ended before its moment came")));
    await Promise.race([moment(), tooSoon]);
    tooSoon.catch(() => {});
    if (processesWith(`${MARK}=${mark}`).length < 2) throw new Error("pulumi has started nothing");
    if (end === "Ctrl-C") process.kill(-pid, "SIGINT");
    else process.kill(pid, "SIGKILL");
    const { seconds } = await timed(() => ended);
    say(`  pulumi up: ended ${seconds.toFixed(1)} s after ${end}`);
    return () => {
      const left = processesWith(`${MARK}=${mark}`).map(commandLine).filter(isAtWork);
      if (left.length > 0) throw new Error(`still at work: ${left.join("; ")}`);
    };
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
    const told = [command, ...flags].map((word) => word.replace(/^urn:.*::/, ""));
    say(`  pulumi ${told.join(" ")}: code ${result.code} after ${seconds.toFixed(1)} s`);
    // Whatever it was that failed: nothing that it says may give away a value of an environment, which only a diff shows.
    const untold = flags.includes("--diff") ? this.#secrets : [...this.#secrets, markedValue];
    if (untold.some((value) => result.output.includes(value)))
      throw new Error(`pulumi ${told.join(" ")} printed a secret or a value of an environment`);
    return result;
  }

  /** The same where it must succeed; gives what it printed. */
  async run(...args: Parameters<Stack<Config>["attempt"]>): Promise<string> {
    const { code, output } = await this.attempt(...args);
    if (code !== 0)
      throw new Error(`pulumi ${args.join(" ")} ended with code ${code}:\n${diagnosticsOf(output)}`);
    return output;
  }

  /** Asked for once after each change, since Pulumi takes a second to answer. */
  outputs(): Promise<Outputs> {
    const forget = () => {
      this.#outputs = undefined;
    };
    if (!this.#outputs) {
      this.#outputs = this.read("output", "--json", "--show-secrets").then((text) => JSON.parse(text));
      this.#outputs.catch(forget);
    }
    return this.#outputs;
  }

  /** Every custom resource, providers too, by URN. */
  async resources(): Promise<Resource[]> {
    return resourcesOf(JSON.parse(await this.read("export")));
  }

  /** Takes everything out of the state; what there is on the engine stays. */
  async forget(): Promise<void> {
    const outcome = await this.#run(["state", "delete", "--all", "--force", "--yes", "--stack", this.name]);
    if (outcome.code !== 0) throw new Error(outcome.output);
  }

  /** What a subcommand of `pulumi stack` prints. */
  async read(...args: string[]): Promise<string> {
    const { code, stdout, output } = await this.#run(["stack", ...args, "--stack", this.name]);
    if (code !== 0) throw new Error(output);
    return stdout;
  }

  /** Runs a program of the project's that works on the stack beside Pulumi, such as "rollback". */
  operate(program: string, ...args: string[]): Promise<Outcome> {
    const installed = join(this.#project, "node_modules/flotilla");
    const isDependency = existsSync(installed);
    const file = join(isDependency ? installed : this.#project, "operate", `${program}.ts`);
    const flags = isDependency ? ["--import", "flotilla/strip-types"] : [];
    // Users have the config in the project's folder, where Pulumi finds it by itself.
    const env = { ...this.#env, PULUMI_OPTION_CONFIG_FILE: this.#configFile };
    return attempt(process.execPath, [...flags, "--", file, "--stack", this.name, ...args], {
      cwd: this.#project,
      env,
    });
  }

  #run(args: string[], options: Pick<RunOptions, "signal" | "killSignal"> = {}): Promise<Outcome> {
    if (args[0] !== "stack") this.#outputs = undefined;
    return attempt("pulumi", [...args, ...this.#plain], { cwd: this.#project, env: this.#env, ...options });
  }

  readonly #plain = ["--non-interactive", "--color=never"];

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
        PULUMI_BACKEND_URL: folderUrl(join(this.#home, "state")),
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
