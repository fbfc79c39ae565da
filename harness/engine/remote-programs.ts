import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { attempt, lastLines, run } from "../../runtime/program.ts";
import { cache, onPath } from "../../setup/places.ts";

/** What a host elsewhere, and whoever reaches it, need beside Docker, by the package of Debian's or Ubuntu's that has it. */
const packages = {
  sshd: "openssh-server",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  "docker-registry": "docker-registry",
} as const;
type Program = keyof typeof packages;
const programs = Object.keys(packages) as Program[];

/** Full paths of programs, and of what an sshd from elsewhere than its home has to be told of. */
export interface RemotePrograms extends Readonly<Record<Program, string>> {
  /** Options for sshd_config. */
  readonly sshdPaths: readonly string[];
}

/**
 * The machine's own programs where it has them; otherwise its distribution's, unpacked into the cache with what they depend
 * on: nothing is installed, and no sshd begins to listen. Throws where they can't be had.
 */
export async function remotePrograms(): Promise<RemotePrograms> {
  const folder = join(cache, "remote-host", release());
  const absent = programs.filter((program) => !installed(program));
  if (absent.some((program) => !existsSync(join(folder, "bin", program)))) await unpack(absent, folder);
  const paths = programs.map((program) => [program, installed(program) ?? join(folder, "bin", program)]);
  return { ...Object.fromEntries(paths), sshdPaths: absent.includes("sshd") ? sshdPaths(folder) : [] };
}

const installed = (program: Program) => onPath(program, `${process.env.PATH}:/usr/sbin:/sbin`);

/** What is unpacked fits the libraries of one release only. */
function release(): string {
  const file = "/etc/os-release";
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const value = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, "m").exec(text)?.[1] ?? "unknown";
  return `${value("ID")}-${value("VERSION_ID")}-${process.arch}`;
}

async function unpack(absent: readonly Program[], folder: string): Promise<void> {
  const wanted = [...new Set(absent.map((program) => packages[program]))];
  if (!onPath("apt-get")) throw new Error(`The tests of a host elsewhere need ${absent.join(", ")}.`);
  mkdirSync(join(folder, ".."), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  try {
    mkdirSync(join(made, "archives/partial"), { recursive: true });
    await download(wanted, join(made, "archives"));
    for (const file of globSync(join(made, "archives/*.deb")))
      await run("dpkg", ["-x", file, join(made, "root")]);
    rmSync(join(made, "archives"), { recursive: true });
    const libraries = globSync("root/{usr/,}lib/*-linux-gnu*", { cwd: made });
    mkdirSync(join(made, "bin"));
    for (const program of absent) {
      const [path] = globSync(`root/{usr/,}{bin,sbin}/${program}`, { cwd: made });
      if (path === undefined) throw new Error(`${packages[program]} has no ${program}`);
      const file = join(made, "bin", program);
      const lines = [
        "#!/bin/sh",
        `export LD_LIBRARY_PATH=${libraries.map((library) => join(folder, library)).join(":")}`,
        `exec ${join(folder, path)} "$@"`,
      ];
      writeFileSync(file, `${lines.join("\n")}\n`);
      chmodSync(file, 0o755);
    }
    chmodSync(made, 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** Downloads packages and those that they depend on and the machine lacks. */
async function download(wanted: readonly string[], archives: string): Promise<void> {
  const apt = (...args: string[]) => attempt("apt-get", ["-q", "-y", ...args]);
  const into = ["-o", `Dir::Cache::archives=${archives}`, "-o", "Debug::NoLocking=1"];
  const get = () => apt(...into, "--no-install-recommends", "--download-only", "install", ...wanted);
  if ((await get()).code === 0) return;
  // An image of a machine has no lists, or old ones.
  await apt("update");
  const { code, output } = await get();
  if (code !== 0) throw new Error(`apt-get can't download ${wanted.join(", ")}:\n${lastLines(output)}`);
}

/** Parts of newer ones that are programs of their own. */
function sshdPaths(folder: string): string[] {
  const parts = { SshdSessionPath: "sshd-session", SshdAuthPath: "sshd-auth" };
  return Object.entries(parts).flatMap(([option, part]) => {
    const path = join(folder, "root/usr/lib/openssh", part);
    return existsSync(path) ? [`${option} ${path}`] : [];
  });
}
