import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { baseImages, digests } from "../../lib/base-images.ts";

const debian = `debian@${digests["debian:trixie-slim"]}`;
const all = Object.values(baseImages);
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-test-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Runs code, in a folder of its own, with a docker whose engine has these images and whose registry fails at a name. */
function run(code: string, has: readonly string[], failing = "none") {
  const log = path.join(folder, "asked");
  const docker = `#!/bin/sh
    [ "$1 $2" = "image ls" ] || echo "$*" >>${log}
    case "$*" in
      image\\ ls*) printf '%s\\n' ${has.join(" ")} ;;
      pull*${failing}*) echo "no such host" >&2; exit 1 ;;
      pull*) echo "Pulling"; echo "Digest: ${digest}"; echo "Status: done" ;;
    esac`;
  fs.writeFileSync(path.join(folder, "docker"), docker, { mode: 0o755 });
  fs.writeFileSync(log, "");
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, FLOTILLA_CACHE: folder };
  const options = { cwd: folder, env, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync("node", ["--input-type=module", "-e", code], options);
  const asked = fs.readFileSync(log, "utf8").split("\n").filter(Boolean).sort();
  return { status, stdout, stderr, asked };
}

const ensure = `await (await import("${path.resolve("setup/base-images.ts")}")).ensureBaseImages()`;
const pin = `await import("${path.resolve("setup/pin-base-images.ts")}")`;

test("an image whose digest is known is pulled by it and given its tag, another by the tag", () => {
  const { status, asked } = run(ensure, []);
  expect(asked).toStrictEqual([
    `pull ${debian}`,
    "pull hashicorp/consul-template:0.41.1",
    "pull hashicorp/consul:1.14.11",
    "pull node:24.21.0-trixie-slim",
    `tag ${debian} debian:trixie-slim`,
  ]);
  expect(status).toBe(0);
});

test("what is there is left as it is", () => {
  expect(run(ensure, all).asked).toStrictEqual([]);
});

test("what can't be pulled gets no tag, and the toolchain is to make it", () => {
  const { asked, stderr } = run(ensure, all.slice(1), "debian");
  expect(asked).toStrictEqual(["image inspect debian:trixie-slim", `pull ${debian}`]);
  expect(stderr).toContain("can't pull debian:trixie-slim: no such host");
});

test("each base image has a digest, or it is said that it has none", () => {
  expect(Object.keys(digests).sort()).toStrictEqual(all.toSorted());
  for (const known of Object.values(digests)) expect(known ?? digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("a program looks up what the tags stand for, and writes it down", () => {
  fs.mkdirSync(path.join(folder, "lib"));
  fs.copyFileSync("lib/base-images.ts", path.join(folder, "lib/base-images.ts"));
  const { status, stdout, stderr, asked } = run(pin, [], "consul:");
  expect(asked).toStrictEqual(all.map((image) => `pull ${image}`).toSorted());
  expect(stderr).toContain("hashicorp/consul:1.14.11: no such host\n");
  const found = ["debian:trixie-slim", "hashicorp/consul-template:0.41.1", "node:24.21.0-trixie-slim"];
  expect(stdout).toBe(found.map((image) => `${image}: ${digest}\n`).join(""));
  expect(status).toBe(1);
  const before = fs.readFileSync("lib/base-images.ts", "utf8").split("\n");
  const after = fs.readFileSync(path.join(folder, "lib/base-images.ts"), "utf8").split("\n");
  expect(after.filter((line) => !before.includes(line))).toStrictEqual(
    found.map((image) => `  "${image}": "${digest}",`),
  );
  expect(after.length).toBe(before.length);
});
