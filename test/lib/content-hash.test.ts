import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { contentHash } from "../../lib/content-hash.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-hash-"));
  write("Dockerfile", "FROM scratch\n");
  write("src/a.txt", "a");
  write("docs/a.md", "a");
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), text);
}

/** Whether the hash is another after `change`. */
function changes(change: () => void): boolean {
  const before = contentHash(folder);
  change();
  return contentHash(folder) !== before;
}

test.each<[string, boolean, () => void]>([
  ["nothing", false, () => {}],
  ["a content", true, () => write("src/a.txt", "b")],
  ["a new file, even an empty one", true, () => write("src/b.txt", "")],
  ["a file less", true, () => fs.rmSync(path.join(folder, "src/a.txt"))],
  [
    "a file's name",
    true,
    () => fs.renameSync(path.join(folder, "src/a.txt"), path.join(folder, "src/b.txt")),
  ],
  ["a file's folder", true, () => fs.renameSync(path.join(folder, "src"), path.join(folder, "source"))],
  ["an executable bit", true, () => fs.chmodSync(path.join(folder, "src/a.txt"), 0o755)],
  ["who may read", false, () => fs.chmodSync(path.join(folder, "src/a.txt"), 0o600)],
  ["a time", false, () => fs.utimesSync(path.join(folder, "src/a.txt"), 1, 1)],
  ["a link, wherever it leads", true, () => fs.symlinkSync("/nowhere", path.join(folder, "link"))],
])("of a change to %s: another hash is %j", (_, expected, change) => {
  expect(changes(change)).toBe(expected);
});

test("what else the image is made from counts as well", () => {
  expect(contentHash(folder, { buildArgs: { A: "1" } })).not.toBe(
    contentHash(folder, { buildArgs: { A: "2" } }),
  );
});

test("the place of the folder does not count", () => {
  const copy = `${folder}-copy`;
  fs.cpSync(folder, copy, { recursive: true });
  expect(contentHash(copy)).toBe(contentHash(folder));
  fs.rmSync(copy, { recursive: true });
});

test.each<[ignoreFile: string, file: string, counts: boolean]>([
  ["docs", "docs/a.md", false],
  ["docs/", "docs/a.md", false],
  ["/docs", "docs/a.md", false],
  ["*.md", "docs/a.md", true],
  ["*/*.md", "docs/a.md", false],
  ["**/*.md", "docs/a.md", false],
  ["**/*.md", "a.md", false],
  ["a.txt", "src/a.txt", true],
  ["src/?.txt", "src/a.txt", false],
  ["src/[ab].txt", "src/a.txt", false],
  ["# docs", "docs/a.md", true],
  ["DOCS", "docs/a.md", true],
  ["*\n!src", "src/a.txt", true],
  ["*\n!src", "docs/a.md", false],
  ["docs\n!docs/a.md", "docs/a.md", true],
  ["!docs/a.md\ndocs", "docs/a.md", false],
])("with %j in .dockerignore a change to %s counts: %j", (ignoreFile, file, counts) => {
  write(".dockerignore", `${ignoreFile}\n`);
  expect(changes(() => write(file, "changed"))).toBe(counts);
});

test("the Dockerfile always counts, since Docker gets to see it even where it is ignored", () => {
  write(".dockerignore", "*\n");
  expect(changes(() => write("Dockerfile", "FROM other\n"))).toBe(true);
});
