import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const tools = "bash cat dirname flock grep id ln mkdir rm sleep timeout touch tr uname".split(" ");
// Root may write anywhere; so may nobody test what others may not.
const asRoot = process.getuid?.() === 0;
const user = asRoot ? "nobody" : userInfo().username;
const identity = asRoot ? { uid: 65534, gid: 65534 } : {};

/** A clone of which setup/run is all there is, on a machine of which nothing is real but some tools. */
class Machine {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "flotilla-run-")));
  readonly clone = join(this.folder, "clone");
  readonly home = join(this.folder, "home");

  constructor() {
    for (const folder of [this.clone, this.home, join(this.clone, "setup"), join(this.folder, "bin")])
      mkdirSync(folder);
    for (const folder of [this.folder, this.clone, this.home]) chmodSync(folder, 0o777);
    cpSync(join(__dirname, "..", "..", "setup", "run"), join(this.clone, "setup", "run"));
    writeFileSync(join(this.clone, "package-lock.json"), "{}");
    for (const tool of tools) symlinkSync(`/usr/bin/${tool}`, join(this.folder, "bin", tool));
    this.program("docker", "echo 27");
    this.program("npm", `touch ${this.clone}/npm-ran; mkdir -p ${this.clone}/node_modules`);
    this.program("node", 'if [[ $1 == --version ]]; then echo v24.0.0; else echo "node $*"; fi');
  }

  program(name: string, script: string): void {
    const file = join(this.folder, "bin", name);
    writeFileSync(file, `#!/usr/bin/bash\n${script}\n`);
    chmodSync(file, 0o755);
  }

  /** `speaks` is called as soon as it says something. */
  start(command: string, speaks = () => {}) {
    const env = { PATH: join(this.folder, "bin"), HOME: this.home };
    const child = spawn("/usr/bin/bash", [join(this.clone, "setup", "run"), command], { env, ...identity });
    child.stderr.once("data", speaks);
    const said = text(child.stderr);
    const outputs = Promise.all([once(child, "exit"), said, text(child.stdout)]);
    return outputs.then(([[code], said, printed]) => ({ code, said, printed }));
  }

  get installed(): boolean {
    return existsSync(join(this.clone, "npm-ran"));
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.close());

test("where all is well, it installs and goes on", async () => {
  expect(await machine.start("up")).toMatchObject({ code: 0, printed: "node -- setup/main.ts up\n" });
  expect(machine.installed).toBe(true);
});

const denied = "permission denied while trying to connect to the Docker daemon socket";
test.each<[string, string, (machine: Machine) => void, string]>([
  [
    "a home that can't be written to",
    "up",
    ({ home }) => chmodSync(home, 0o555),
    `user ${user} can't write to HOME/.pulumi, where set-up keeps its tools and Pulumi its state.
  Make that folder this user's own, or choose another home: HOME=/a/folder/of/yours npm run up`,
  ],
  [
    "a clone that can't be written to",
    "up",
    ({ clone }) => chmodSync(clone, 0o555),
    `user ${user} can't write to this clone, CLONE.
  Clone the project into a folder of this user's own.`,
  ],
  [
    "an engine that is closed to this user",
    "test",
    (machine) => machine.program("docker", `echo "${denied}" >&2; exit 1`),
    `a Docker engine runs here, but user ${user} may not use it.
  sudo usermod -aG docker ${user}
  Then log in anew (or \`newgrp docker\`) and run this again.`,
  ],
  [
    "no engine, and nobody who may install one",
    "up",
    ({ folder }) => rmSync(join(folder, "bin", "docker")),
    `there is no Docker engine here, and only root may install one.
  sudo apt-get install docker.io
  sudo usermod -aG docker ${user}
  Then log in anew and run this again. Or set DOCKER_HOST to an engine elsewhere.`,
  ],
  [
    "no npm",
    "up",
    ({ folder }) => rmSync(join(folder, "bin", "npm")),
    `npm is missing.
  Install Node.js with npm (Debian: apt-get install nodejs npm), then run this again.`,
  ],
])("%s: says so before anything is installed", async (_, command, spoil, message) => {
  spoil(machine);
  const { code, said } = await machine.start(command);
  const plain = said.replace(machine.home, "HOME").replace(machine.clone, "CLONE");
  expect({ code, plain }).toStrictEqual({ code: 1, plain: `set-up stopped: ${message}\n` });
  expect(machine.installed).toBe(false);
});

test("an engine that is merely off is started or refused later", async () => {
  machine.program("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
  expect(await machine.start("up")).toMatchObject({ code: 0 });
});

describe("two at once", () => {
  const go = () => join(machine.folder, "go");
  beforeEach(() => {
    const work = `[[ $1 == --version ]] && { echo v24.0.0; exit; }
touch ${machine.folder}/at-work
until [[ -e ${go()} ]]; do sleep 0.05; done`;
    machine.program("node", work);
  });
  const atWork = async () => {
    while (!existsSync(join(machine.folder, "at-work"))) await sleep(20);
  };

  test("the second waits for the first, and says so", async () => {
    const first = machine.start("up");
    await atWork();
    rmSync(join(machine.folder, "at-work"));
    const spoken = Promise.withResolvers<void>();
    const second = machine.start("up", spoken.resolve);
    await spoken.promise;
    expect(existsSync(join(machine.folder, "at-work"))).toBe(false);
    writeFileSync(go(), "");
    expect(await first).toMatchObject({ code: 0 });
    expect((await first).said).not.toContain("another");
    expect(await second).toMatchObject({
      code: 0,
      said: "another set-up is at work here: waiting for it…\n",
    });
  });

  test("a rollback waits for nobody", async () => {
    const first = machine.start("up");
    await atWork();
    rmSync(join(machine.folder, "at-work"));
    const second = machine.start("rollback");
    await atWork();
    writeFileSync(go(), "");
    expect(await Promise.all([first, second])).toMatchObject([{ code: 0 }, { code: 0, said: "" }]);
  });
});
