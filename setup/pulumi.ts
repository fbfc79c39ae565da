import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { attempt, lastLines } from "../runtime/program.ts";
import { downloadVerified } from "./download.ts";
import { downloadsWork, giveUpOnDownloads } from "./internet.ts";
import { cache, onPath, pinned, pulumiHome } from "./places.ts";
import { say, step } from "./say.ts";
import { build, type Part } from "./toolchain.ts";
import { serves } from "./versions.ts";

/** The providers' plugins, at the version of their npm package. */
const plugins = ["docker", "random", "command"] as const;

/** Makes sure of the CLI and every plugin, and answers the folder that `pulumi` is in. */
export async function ensurePulumi(): Promise<string> {
  const wanted = pinned("@pulumi/pulumi");
  const folder = (await findCli(wanted)) ?? (await installCli(wanted));
  await ensurePlugins(join(folder, "pulumi"));
  return folder;
}

async function findCli(wanted: string): Promise<string | undefined> {
  const ours = join(pulumiHome, "bin", "pulumi");
  for (const program of new Set([ours, onPath("pulumi")])) {
    if (!program || !existsSync(program)) continue;
    // Without its language host a CLI can't run this program.
    if (!existsSync(join(dirname(program), "pulumi-language-nodejs"))) continue;
    const version = await versionOf(program);
    if (serves(version, wanted)) return dirname(program);
    say("pulumi", `${program} is ${version || "broken"}; ${wanted} or later is needed`);
  }
  return undefined;
}

/** Asks a CLI for its version once: starting it takes longer than the rest of an idle set-up. */
async function versionOf(program: string): Promise<string> {
  const { size, mtimeMs } = statSync(program);
  const key = `${program} ${size} ${mtimeMs}`;
  const memory = join(cache, "pulumi-version.json");
  const known = existsSync(memory) ? JSON.parse(readFileSync(memory, "utf8")) : {};
  if (known.key === key) return known.version;
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const version = (await attempt(program, ["version"], { env, timeout: 30_000 })).stdout
    .trim()
    .replace(/^v/, "");
  mkdirSync(cache, { recursive: true });
  writeFileSync(memory, JSON.stringify({ key, version }));
  return version;
}

async function installCli(version: string): Promise<string> {
  const folder = join(pulumiHome, "bin");
  if (!(await downloadCli(version, folder))) {
    say("pulumi", "no download to be had here, so it is made here");
    await build("pulumi");
  }
  return folder;
}

async function downloadCli(version: string, folder: string): Promise<boolean> {
  if (!(await downloadsWork())) return false;
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const url = `https://get.pulumi.com/releases/sdk/pulumi-v${version}-${process.platform}-${arch}.tar.gz`;
  // From another site than the archive: who has got hold of the one would need the other, too.
  const sums = `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`;
  const fetchAndUnpack = async () => {
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(join(cache, "pulumi-"));
    try {
      const archive = join(work, "pulumi.tar.gz");
      await downloadVerified(url, sums, archive);
      const { code, stderr } = await attempt("tar", ["-xzf", archive, "-C", work]);
      if (code !== 0) throw new Error(lastLines(stderr, 1));
      mkdirSync(folder, { recursive: true });
      await cp(join(work, "pulumi"), folder, { recursive: true, force: true });
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  };
  try {
    await step("pulumi", `downloading ${version}`, fetchAndUnpack, `installed ${version} in ${folder}`);
    return true;
  } catch (error) {
    say("pulumi", `the download failed: ${(error as Error).message}`);
    giveUpOnDownloads();
    return false;
  }
}

async function ensurePlugins(cli: string): Promise<void> {
  const unmade: Part[] = [];
  for (const plugin of plugins) {
    const version = pinned(`@pulumi/${plugin}`);
    const program = join(
      pulumiHome,
      "plugins",
      `resource-${plugin}-v${version}`,
      `pulumi-resource-${plugin}`,
    );
    const present = existsSync(program);
    if (present && !isFromToolchain(plugin, program)) continue;
    if (!present && (await downloadPlugin(cli, plugin, version))) continue;
    unmade.push(`plugin-${plugin}`);
  }
  // Also for those that are there: the toolchain makes a plugin anew when its sources have changed.
  if (unmade.length > 0) await build(...unmade);
}

/** Whether the toolchain made this plugin (its own copy is the same file): an official one is never replaced by it. */
function isFromToolchain(plugin: string, program: string): boolean {
  const made = join(cache, "bin", `plugin-${plugin}`);
  return existsSync(made) && statSync(made).size === statSync(program).size;
}

async function downloadPlugin(cli: string, plugin: string, version: string): Promise<boolean> {
  if (!(await downloadsWork())) return false;
  const env = { ...process.env, PULUMI_HOME: pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const install = async () => {
    const args = ["plugin", "install", "resource", plugin, `v${version}`];
    const { code, stderr } = await attempt(cli, args, { env, timeout: 180_000 });
    if (code !== 0) throw new Error(code === 124 ? "not done within 3 min" : lastLines(stderr, 1));
  };
  try {
    await step("plugins", `downloading ${plugin} ${version}`, install, `installed ${plugin} ${version}`);
    return true;
  } catch (error) {
    say("plugins", `the download of ${plugin} failed: ${(error as Error).message}`);
    giveUpOnDownloads();
    return false;
  }
}
