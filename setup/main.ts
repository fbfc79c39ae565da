import { join } from "node:path";
import { Command } from "commander";
import colors from "picocolors";
import { show } from "../runtime/program.ts";
import { ensureBaseImages } from "./base-images.ts";
import { stack as devStack } from "./dev-stack.ts";
import { ensureEngine, requireEngine } from "./engine.ts";
import { type PulumiEnvironment, processEnv } from "./environment.ts";
import { root } from "./places.ts";
import { refuseProtected } from "./protection.ts";
import { ensurePulumi } from "./pulumi.ts";
import { SetupError, say, seconds } from "./say.ts";
import { letOthersIn } from "./set-up-lock.ts";
import { exportLines } from "./shell-exports.ts";
import { ensureStack } from "./stack.ts";
import { readState, stateFolder } from "./state.ts";
import { test } from "./test.ts";
import { destroy, up } from "./up.ts";

/** What names another stack than the dev stack. */
const which = ["-s, --stack <name>", "a stack of yours, or of an example's", devStack] as const;
interface Which {
  readonly stack: string;
}

const program = new Command("npm run").description(
  "Everything between a clean clone and a running deployment.",
);

program
  .command("setup")
  .description("install what is missing: Docker engine, Pulumi and its plugins, base images, the stack")
  .option(...which)
  .action(async ({ stack }: Which) => {
    await setUp(stack);
  });

program
  .command("up")
  .description("set up, bring up the stack, and print the addresses to open")
  .argument("[flags...]", "flags for `pulumi up`, after --")
  .option(...which)
  .allowUnknownOption()
  .action(async (flags: string[], { stack }: Which) => {
    process.exitCode = await up(stack, processEnv(await setUp(stack)), flags);
  });

program
  .command("down")
  .description("take the stack away with everything it made; its config stays")
  .argument("[flags...]", "flags for `pulumi destroy`, after --")
  .option(...which)
  .allowUnknownOption()
  .action(async (flags: string[], { stack }: Which) => {
    const state = stateFolder() === undefined ? undefined : (readState(stack)?.resources ?? []);
    if (state?.length === 0) {
      say("down", "there is nothing to take down");
      return;
    }
    refuseProtected(stack, state ?? [], flags);
    await requireEngine();
    const environment = await ensureStack(stack, await ensurePulumi());
    letOthersIn();
    // Where the state can't be read here, Pulumi's own preview refuses to delete what is protected.
    const unread = state === undefined;
    process.exitCode = await destroy(
      stack,
      processEnv(environment),
      unread ? flags : ["--skip-preview", ...flags],
    );
  });

program
  .command("env")
  .description('print the exports that a plain `pulumi` needs: eval "$(npm run --silent env)"')
  .action(async () => {
    process.stdout.write(exportLines(await setUp()));
  });

program
  .command("test")
  .description("set up, then run every test, unit and end to end")
  .argument("[args...]", "arguments for jest, after --")
  .allowUnknownOption()
  .action(async (args: string[]) => {
    process.exitCode = await test(processEnv(await setUp()), args);
  });

/** Commands that are programs of their own, with arguments and a help of their own. */
const programs = [
  {
    name: "maintenance",
    needs: "stack",
    file: "operate/maintenance.ts",
    description: "have the balancers answer 503 for services that must not be reached, and end that again",
  },
  {
    name: "rollback",
    needs: "stack",
    file: "operate/rollback.ts",
    description: "take a service back to the version that served before",
  },
  {
    name: "refresh",
    needs: "stack",
    file: "operate/refresh.ts",
    description: "have Pulumi look at what is on all hosts that answer",
  },
  {
    name: "recover",
    needs: "stack",
    file: "operate/recover.ts",
    description: "where most of Consul's servers are lost for good, have the others go on without them",
  },
  {
    name: "volumes",
    needs: "stack",
    file: "operate/volumes.ts",
    description: "show the volumes of a stack, and take away those that nobody wants any more",
  },
  {
    name: "jobs",
    needs: "stack",
    file: "operate/jobs.ts",
    description: "show the jobs of a stack and what they printed, or have one run",
  },
  {
    name: "backup",
    needs: "stack",
    file: "operate/backup.ts",
    description: "back up now, or restore the newest backups to see whether that works",
  },
  {
    name: "backups",
    needs: "stack",
    file: "operate/backups.ts",
    description: "show what is backed up, and whether it could be restored",
  },
  {
    name: "restore",
    needs: "stack",
    file: "operate/restore.ts",
    description: "bring a backup back, into a volume beside the present one or in its place",
  },
  {
    name: "import",
    needs: "nothing",
    file: "operate/import.ts",
    description: "write a stack's config from a compose file, and tell what became of it",
  },
  {
    name: "drill",
    needs: "everything",
    file: "drill/run.ts",
    description: "change, fail and kill every part of a running stack under load, and count what that loses",
  },
  {
    name: "bench",
    needs: "everything",
    file: "bench/run.ts",
    description: "measure the deployment beside docker run, compose, Caddy and Traefik",
  },
] as const;
for (const { name, needs, file, description } of programs) {
  program
    .command(name)
    .description(`${description}; -- --help tells how`)
    .argument("[args...]", "its arguments, after --")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      // Where a stack is up, there is an engine: looking for one would only keep its operator waiting.
      const ready = needs === "stack" ? async () => ensureStack(devStack, await ensurePulumi()) : setUp;
      process.exitCode = await show(process.execPath, ["--", join(root, file), ...args], {
        cwd: root,
        env: needs === "nothing" ? process.env : processEnv(await ready()),
        stdio: "inherit",
      });
    });
}

/** Everything a `pulumi up` needs, in order; what is there already is left as it is. */
async function setUp(stack = devStack): Promise<PulumiEnvironment> {
  const start = performance.now();
  const engine = await ensureEngine();
  const cliFolder = await ensurePulumi();
  await ensureBaseImages();
  const environment = await ensureStack(stack, cliFolder);
  letOthersIn();
  say(
    "set-up",
    `ready: Docker ${engine}, Pulumi in ${cliFolder}, stack ${stack}${seconds(performance.now() - start)}`,
  );
  return environment;
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${colors.red("set-up stopped:")} ${error.message}\n`);
  process.exitCode = 1;
}
