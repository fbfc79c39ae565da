import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { contentHash as hashOf } from "../../../lib/images/content-hash.ts";

let folder: string;
const contentHash = (context: string, recipe = {}) =>
  hashOf({ context, dockerfile: "Dockerfile", args: {}, ...recipe });

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
  ["who may read", true, () => fs.chmodSync(path.join(folder, "src/a.txt"), 0o600)],
  ["who may enter a folder", true, () => fs.chmodSync(path.join(folder, "src"), 0o700)],
  ["an empty folder", true, () => fs.mkdirSync(path.join(folder, "empty"))],
  ["a time", false, () => fs.utimesSync(path.join(folder, "src/a.txt"), 1, 1)],
  ["a link, wherever it leads", true, () => fs.symlinkSync("/nowhere", path.join(folder, "link"))],
])("of a change to %s: another hash is %j", (_, expected, change) => {
  expect(changes(change)).toBe(expected);
});

test("what else the image is made from counts as well", () => {
  const hashes = [
    {},
    { args: { A: "1" } },
    { args: { A: "2" } },
    { args: { B: "2" } },
    { dockerfile: "src/a.txt" },
  ].map((recipe) => contentHash(folder, recipe));
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(contentHash(folder, { args: { A: "1", B: "2" } })).toBe(
    contentHash(folder, { args: { B: "2", A: "1" } }),
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
  ["*\n!**/*.md", "docs/a.md", true],
])("with %j in .dockerignore a change to %s counts: %j", (ignoreFile, file, counts) => {
  write(".dockerignore", `${ignoreFile}\n`);
  expect(changes(() => write(file, "changed"))).toBe(counts);
});

test("the Dockerfile always counts, since Docker gets to see it even where it is ignored", () => {
  write(".dockerignore", "*\n");
  expect(changes(() => write("Dockerfile", "FROM other\n"))).toBe(true);
});

test("the Dockerfile's own ignore file goes before the folder's", () => {
  write("docker/Dockerfile", "FROM scratch\n");
  write(".dockerignore", "src\n");
  write("docker/Dockerfile.dockerignore", "docs\n");
  const hash = () => contentHash(folder, { dockerfile: "./docker/Dockerfile" });
  const before = hash();
  write("docs/a.md", "changed");
  expect(hash()).toBe(before);
  write("src/a.txt", "changed");
  expect(hash()).not.toBe(before);
});

test("a file is read in pieces, so that its size does not matter", () => {
  const file = path.join(folder, "large");
  fs.writeFileSync(file, "");
  // Takes up no room, and more than a buffer may hold.
  fs.truncateSync(file, 2 ** 31);
  const started = process.memoryUsage.rss();
  contentHash(folder);
  expect(process.memoryUsage.rss() - started).toBeLessThan(200 * 2 ** 20);
});
