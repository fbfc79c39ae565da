import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { contextArchive } from "../../../lib/images/archive.ts";
import { contentHash } from "../../../lib/images/content-hash.ts";

let folder: string;
let context: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-archive-"));
  context = path.join(folder, "app");
  for (const name of ["app", "out", "app/empty", `app/${"long/".repeat(60)}`]) {
    fs.mkdirSync(path.join(folder, name), { recursive: true, mode: 0o755 });
  }
  const files = {
    Dockerfile: "FROM scratch\n",
    ".dockerignore": "secret\n",
    secret: "s",
    [`${"long/".repeat(60)}file`]: "x".repeat(1000),
    "größe ☺": "y".repeat(512),
  };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(context, name), text);
  fs.chmodSync(path.join(context, "Dockerfile"), 0o600);
  fs.symlinkSync("l".repeat(150), path.join(context, "link"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const recipe = () => ({ context, dockerfile: "Dockerfile", args: {} });

async function archive(): Promise<{ bytes: Buffer; hash: string }> {
  const pieces: Buffer[] = [];
  const made = contextArchive(recipe());
  for (;;) {
    const { done, value } = await made.next();
    if (done) return { bytes: Buffer.concat(pieces), hash: value };
    pieces.push(value);
  }
}

test("what tar makes of it is the context, and its hash is that of the content", async () => {
  const { bytes, hash } = await archive();
  expect(hash).toBe(contentHash(recipe()));
  const out = path.join(folder, "out");
  execFileSync("tar", ["-xpf", "-", "-C", out], { input: bytes });
  expect(fs.existsSync(path.join(out, "secret"))).toBe(false);
  // The same hash, so: the same paths, modes, contents and links.
  expect(contentHash({ ...recipe(), context: out })).toBe(hash);
});

test("files keep the time of their last change, by which web servers tell what is new", async () => {
  fs.utimesSync(path.join(context, "Dockerfile"), 1_000_000, 1_000_000);
  const { bytes } = await archive();
  const out = path.join(folder, "out");
  execFileSync("tar", ["-xpf", "-", "-C", out], { input: bytes });
  expect(fs.statSync(path.join(out, "Dockerfile")).mtimeMs).toBe(1_000_000_000);
});
