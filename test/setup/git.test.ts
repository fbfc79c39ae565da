import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filterConfig, saltFilter } from "../../setup/git.ts";

const plain = "config:\n  flotilla:protect: 'false'\n";
const salted = `${plain}encryptionsalt: v1:abc=:v1:x/y+z==\n`;

describe("the filter of Pulumi.dev.yaml", () => {
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
    for (const [key, value] of Object.entries(filterConfig("v1:abc=:v1:x/y+z=="))) git("config", key, value);
    for (const file of [".gitattributes", saltFilter]) {
      cpSync(join(__dirname, "..", "..", file), join(clone(), file));
    }
    writeFileSync(join(clone(), "Pulumi.dev.yaml"), salted);
    git("add", ".");
    git("commit", "--quiet", "--message=all");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("keeps the salt in the folder and out of git", () => {
    expect(git("show", "HEAD:Pulumi.dev.yaml")).toBe(plain);
    rmSync(join(clone(), "Pulumi.dev.yaml"));
    git("checkout", "--", "Pulumi.dev.yaml");
    expect(readFileSync(join(clone(), "Pulumi.dev.yaml"), "utf8")).toBe(salted);
  });

  test("lets a new worktree be made without a complaint, and clean", () => {
    const worktree = join(folder, "worktree");
    expect(git("worktree", "add", "--quiet", worktree)).toBe("");
    expect(git("-C", worktree, "status", "--short")).toBe("");
  });
});
