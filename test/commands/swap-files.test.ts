import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-swap-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Makes files with texts. */
function make(name: string, files: Readonly<Record<string, string>>, mode: number): void {
  const root = path.join(folder, name);
  fs.mkdirSync(root, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }
  fs.chmodSync(root, mode);
}

/** What is in a folder. */
function filesIn(name: string): Record<string, string> {
  const root = path.join(folder, name);
  const all = fs.readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = all.filter((file) => !fs.statSync(path.join(root, file)).isDirectory());
  return Object.fromEntries(files.map((file) => [file, fs.readFileSync(path.join(root, file), "utf8")]));
}

const modeOf = (name: string) => fs.statSync(path.join(folder, name)).mode & 0o7777;

function swap(): { code: number | null; said: string } {
  const [present, restored] = ["present", "restored"].map((name) => path.join(folder, name));
  const { status, stderr } = spawnSync(
    process.execPath,
    ["commands/swap-files.ts", present ?? "", restored ?? ""],
    { encoding: "utf8" },
  );
  return { code: status, said: stderr };
}

const present = { a: "present a", ".hidden": "present hidden", "deep/in/b": "present b" };
const restored = { a: "restored a", "deep/c": "restored c", ".other": "restored other" };

test("what is in two folders changes places, hidden files too, with the folders' modes", () => {
  make("present", present, 0o2750);
  make("restored", restored, 0o1777);
  fs.chmodSync(path.join(folder, "restored/a"), 0o4711);
  expect(swap()).toStrictEqual({ code: 0, said: "" });
  expect(filesIn("present")).toStrictEqual(restored);
  expect(filesIn("restored")).toStrictEqual(present);
  expect([modeOf("present"), modeOf("restored")]).toStrictEqual([0o1777, 0o2750]);
  expect(modeOf("present/a")).toBe(0o4711);
});

test("twice is as it was", () => {
  make("present", present, 0o755);
  make("restored", restored, 0o700);
  expect([swap().code, swap().code]).toStrictEqual([0, 0]);
  expect([filesIn("present"), filesIn("restored")]).toStrictEqual([present, restored]);
  expect([modeOf("present"), modeOf("restored")]).toStrictEqual([0o755, 0o700]);
});

test("either may be empty", () => {
  make("present", {}, 0o755);
  make("restored", restored, 0o700);
  expect(swap().code).toBe(0);
  expect([filesIn("present"), filesIn("restored")]).toStrictEqual([restored, {}]);
});

test("links are moved as they are", () => {
  make("present", present, 0o755);
  make("restored", restored, 0o755);
  fs.symlinkSync("/nowhere/at-all", path.join(folder, "restored/link"));
  expect(swap().code).toBe(0);
  expect(fs.readlinkSync(path.join(folder, "present/link"))).toBe("/nowhere/at-all");
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot("with the folders' owners, and those of what is in them", () => {
  make("present", present, 0o755);
  make("restored", restored, 0o755);
  fs.chownSync(path.join(folder, "present"), 1001, 1002);
  fs.chownSync(path.join(folder, "restored"), 2001, 2002);
  fs.chownSync(path.join(folder, "restored/a"), 3001, 3002);
  expect(swap().code).toBe(0);
  const ownersOf = (name: string) => {
    const { uid, gid } = fs.statSync(path.join(folder, name));
    return [uid, gid];
  };
  expect(["present", "restored", "present/a"].map(ownersOf)).toStrictEqual([
    [2001, 2002],
    [1001, 1002],
    [3001, 3002],
  ]);
});

test("nothing is touched where one before was cut short", () => {
  make("present", present, 0o755);
  make("restored", { ...restored, ".flotilla-aside/old": "what was put aside" }, 0o755);
  const { code, said } = swap();
  expect(code).toBe(1);
  expect(said).toContain(`${path.join(folder, "restored/.flotilla-aside")} is there already`);
  expect(filesIn("present")).toStrictEqual(present);
  expect(filesIn("restored")).toStrictEqual({ ...restored, ".flotilla-aside/old": "what was put aside" });
});

test("nothing is touched where one of them is not there", () => {
  make("present", present, 0o755);
  expect(swap().code).toBe(1);
  expect(filesIn("present")).toStrictEqual(present);
});
