import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filterConfig, saltFilter } from "../../setup/git.ts";

const plain = "config:\n  flotilla:protect: 'false'\n";
const salted = `${plain}encryptionsalt: v1:abc=:v1:x/y+z==\n`;

describe.each(["dev", "php-web"])("the filter of the stack %s", (stack) => {
  const file = `Pulumi.${stack}.yaml`;
  let folder: string;
  const clone = () => join(folder, "clone");

  function git(...args: string[]): string {
    const who = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    const { status, stdout, stderr } = spawnSync("git", [...who, ...args], {
      cwd: clone(),
      encoding: "utf8",
    });
    expect({ args, status }).toStrictEqual({ args, status: 0 });
    return stdout + stderr;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "flotilla-git-"));
    mkdirSync(join(clone(), "setup"), { recursive: true });
    git("init", "--quiet");
    for (const [key, value] of Object.entries(filterConfig(stack, "v1:abc=:v1:x/y+z==")))
      git("config", key, value);
    for (const file of [".gitattributes", saltFilter]) {
      cpSync(join(__dirname, "..", "..", file), join(clone(), file));
    }
    writeFileSync(join(clone(), file), salted);
    git("add", ".");
    git("commit", "--quiet", "--message=all");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("keeps the salt in the folder and out of git", () => {
    expect(git("show", `HEAD:${file}`)).toBe(plain);
    rmSync(join(clone(), file));
    git("checkout", "--", file);
    expect(readFileSync(join(clone(), file), "utf8")).toBe(salted);
  });

  test("lets a new worktree be made without a complaint, and clean", () => {
    const worktree = join(folder, "worktree");
    expect(git("worktree", "add", "--quiet", worktree)).toBe("");
    expect(git("-C", worktree, "status", "--short")).toBe("");
  });
});
