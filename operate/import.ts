/** `npm run import`: writes a stack's config from a compose file, and tells what became of it. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import colors from "picocolors";
import { pathText } from "../config/faults.ts";
import { isKey, keyRule } from "../config/formats.ts";
import { type ComposeFault, faultLines } from "../lib/compose/faults.ts";
import type { Ground } from "../lib/compose/ground.ts";
import { load } from "../lib/compose/load.ts";
import { keyLike } from "../lib/compose/names.ts";
import type { Note } from "../lib/compose/notes.ts";
import type { Project } from "../lib/compose/project.ts";
import { reportOf, summaryOf, wrapped } from "../lib/compose/report.ts";
import { ruleFaults } from "../lib/compose/rules.ts";
import { type Imported, importProject } from "../lib/compose/stack.ts";
import { secretsIn, sectionsOf, stackText } from "../lib/compose/stack-text.ts";
import { attempt, lastLines } from "../runtime/program.ts";
import { processEnv, pulumiEnvironment } from "../setup/environment.ts";
import { root } from "../setup/places.ts";
import { ensurePulumi } from "../setup/pulumi.ts";
import { SetupError, say } from "../setup/say.ts";
import { ensureStack } from "../setup/stack.ts";
import { runProgram } from "./run-program.ts";

interface Options {
  readonly stack?: string;
  readonly envFile?: string[];
  readonly profile?: string[];
  readonly replace?: boolean;
  readonly print?: boolean;
  readonly dryRun?: boolean;
}

/** Where Pulumi is told by its own variable that a stack's config is elsewhere. */
const CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE";

const program = new Command("npm run import --")
  .description(
    "Writes a stack's config, Pulumi.<stack>.yaml, from a compose file, and tells what was taken, what was changed in meaning, and what is left out and why.",
  )
  .argument("<file>", "compose file, such as ../shop/compose.yaml")
  .option("-s, --stack <name>", "name of the stack; by itself that of the compose project, or of its folder")
  .option("--env-file <file...>", "files of variables, in the place of .env beside the compose file")
  .option("--profile <name...>", "take services of these profiles, too; * for all")
  .option("--replace", "put them in the place of the services that the stack's file has")
  .option("--print", "change nothing: print what the stack's file would be, secrets hidden")
  .option("--dry-run", "change nothing: print the report alone")
  .action(async (file: string, options: Options) => {
    process.exitCode = await importFile(file, options);
  });

/** Where npm was called, since it runs scripts in the project's folder. */
const from = process.env.INIT_CWD ?? process.cwd();

async function importFile(given: string, options: Options): Promise<number> {
  const { envFile, profile, print, dryRun, replace } = options;
  const file = composeFile(resolve(from, given));
  const loaded = load(file, {
    read,
    environment: process.env,
    envFiles: envFile?.map((one) => resolve(from, one)),
    profiles: profile ?? process.env.COMPOSE_PROFILES?.split(",").filter(Boolean),
  });
  if ("faults" in loaded) return refuse(file, loaded.faults);
  const { project } = loaded;
  const stack = options.stack ?? keyLike(project.name ?? basename(dirname(file)));
  if (!isKey(stack))
    throw new SetupError(`${JSON.stringify(stack)} can't be a stack's name: it must be ${keyRule}.`);
  const stackFile = process.env[CONFIG_FILE] ?? join(root, `Pulumi.${stack}.yaml`);
  const before = read(stackFile);
  const changesNothing = print || dryRun;
  const there = sectionsOf(before ?? "");
  if (!replace && !changesNothing && Object.keys((there.services as object | undefined) ?? {}).length > 0)
    throw new SetupError(
      `${basename(stackFile)} has services already.`,
      "--stack names another one, --replace puts these in their place, --print shows what they would be.",
    );
  const result = importProject(project, {
    stack,
    folder: root,
    home: homedir(),
    read,
    others: otherGrounds(stackFile),
  });
  if ("faults" in result) return refuse(file, result.faults);
  const { imported } = result;
  const notes = [...besides(project), ...imported.notes];
  const head = ` From ${basename(file)}: \`npm run import\`.`;
  const faults = ruleFaults(imported, project, {
    stack,
    there,
    file: stackText(before ?? "", imported.sections, "encrypted", head),
    hasClientTls: Boolean(process.env.DOCKER_TLS_VERIFY && process.env.DOCKER_CERT_PATH),
    lookUp: (path) => {
      const found = statSync(resolve(root, path), { throwIfNoEntry: false });
      return found?.isDirectory() ? "folder" : found ? "file" : undefined;
    },
  });

  const report = reportOf(notes, colors);
  const services = { taken: [...imported.names.keys()], all: imported.names.size + omitted(notes) };
  const out = print ? process.stderr : process.stdout;
  out.write(
    `${report}\n${wrapped(`${basename(file)}: ${summaryOf(notes, services)}`, 0)
      .map(colors.bold)
      .join("\n")}\n`,
  );
  if (print) process.stdout.write(stackText(before ?? "", imported.sections, "encrypted", head));
  if (faults.length > 0) return refuse(file, faults);
  if (changesNothing) return 0;
  await write(stack, stackFile, before, imported, head);
  tellNext(stack, stackFile, imported, project, out);
  return 0;
}

const omitted = (notes: readonly Note[]) =>
  notes.filter(
    ({ service, group, key }) => service === undefined && group === "left" && key.startsWith("services."),
  ).length;

/** A folder stands for the file in it that Compose itself would take. */
function composeFile(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  const names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
  const [found] = names.map((name) => join(path, name)).filter(existsSync);
  if (found === undefined) throw new SetupError(`${path} has no compose.yaml.`);
  return found;
}

/** Text of a file; undefined where there is none that can be read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Tells of all faults at once; nothing is changed then. */
function refuse(file: string, faults: readonly ComposeFault[]): number {
  const folder = `${dirname(file)}/`;
  const lines = faultLines(faults).map((line) =>
    line.startsWith(folder) ? line.slice(folder.length) : line,
  );
  const most = 100;
  const told = lines.length > most ? [...lines.slice(0, most), `… and ${lines.length - most} more`] : lines;
  const count = lines.length === 1 ? "1 fault" : `${lines.length} faults`;
  throw new SetupError(`${basename(file)} has ${count}, and nothing was changed:`, ...told);
}

/** What Compose would take beside the file, and this does not. */
function besides({ file, folder }: Project): Note[] {
  const overrides = [
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
  ];
  const isDefault = /^(docker-)?compose\.ya?ml$/.test(basename(file));
  const [found] = isDefault ? overrides.filter((name) => existsSync(join(folder, name))) : [];
  if (found === undefined) return [];
  const text =
    "stands beside it, and is not taken: `docker compose config` writes both as one file, which can be imported";
  return [{ group: "left", key: found, text }];
}

/** Ports and subnets of the project's other stacks, which may be up on the same host. */
function otherGrounds(stackFile: string): Ground[] {
  const files = readdirSync(root).filter(
    (name) => /^Pulumi\..+\.yaml$/.test(name) && join(root, name) !== stackFile,
  );
  return files.map((name) => {
    const { network, consul, loadBalancers } = sectionsOf(readFileSync(join(root, name), "utf8")) as Record<
      string,
      Record<string, unknown> | undefined
    >;
    return {
      subnet: String(network?.subnet ?? "172.30.0.0/16"),
      consulPort: Number(consul?.port ?? 8500),
      balancerPort: Number(loadBalancers?.port ?? 8080),
      statsPort: Number(loadBalancers?.statsPort ?? 9000),
    };
  });
}

/** Writes the stack's file: what is in the open, and then the secrets, by Pulumi. When that fails all is as it was. */
async function write(
  stack: string,
  file: string,
  before: string | undefined,
  { sections }: Imported,
  head: string,
): Promise<void> {
  const secrets = secretsIn(sections);
  writeFileSync(file, stackText(before ?? "", sections, "left out", head));
  if (secrets.length === 0) return;
  try {
    const cliFolder = await ensurePulumi();
    // Whoever keeps the config elsewhere has the stack already.
    const isElsewhere = process.env[CONFIG_FILE] !== undefined;
    const env = processEnv(isElsewhere ? pulumiEnvironment(cliFolder) : await ensureStack(stack, cliFolder));
    say("import", `encrypting ${secrets.length === 1 ? "a secret" : `${secrets.length} secrets`}…`);
    for (const { path, value } of secrets) {
      const args = [
        "config",
        "set",
        "--stack",
        stack,
        "--secret",
        "--non-interactive",
        "--path",
        pathText(path),
      ];
      // Pulumi takes one line's end away.
      const { code, stderr } = await attempt("pulumi", args, { cwd: root, env, input: `${value}\n` });
      if (code !== 0)
        throw new SetupError(`\`pulumi config set\` failed at ${pathText(path)}: ${lastLines(stderr, 3)}`);
    }
  } catch (error) {
    if (before === undefined) rmSync(file, { force: true });
    else writeFileSync(file, before);
    throw error;
  }
}

/** What to do next; of volumes, too, which Compose has under other names. */
function tellNext(
  stack: string,
  file: string,
  { sections }: Imported,
  project: Project,
  out: NodeJS.WritableStream,
): void {
  const next = [
    `${colors.bold("Written:")} ${basename(file)}. Look at it, then:`,
    `  npm run up -- --stack ${stack}`,
  ];
  const services = sections.services as Record<string, { volumes?: Record<string, unknown>[] }>;
  const from = keyLike(project.name ?? basename(project.folder), 63);
  const copies = Object.entries(services).flatMap(([key, { volumes = [] }]) =>
    volumes
      .filter(({ kind, owner }) => kind === undefined && owner === undefined)
      .map(
        ({ name }) =>
          `  docker run --rm -v ${from}_${name}:/from:ro -v ${stack}--${key}_${name}:/to alpine cp -a /from/. /to`,
      ),
  );
  if (copies.length > 0)
    next.push(
      "Its volumes are new ones. What Compose has in its own can be copied once they are there, while the",
      "services that have them are at replicas: 0:",
      ...copies.slice(0, 5),
    );
  if (copies.length > 5) next.push("  …");
  out.write(`\n${next.join("\n")}\n`);
}

await runProgram(program);
