import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pinned } from "../../setup/places.ts";

const build = jest.fn();
jest.mock("../../setup/toolchain.ts", () => ({ build }));
jest.spyOn(process.stderr, "write").mockReturnValue(true);

const version = pinned("@pulumi/pulumi");
const arch = process.arch === "arm64" ? "arm64" : "x64";
const name = `pulumi-v${version}-${process.platform}-${arch}.tar.gz`;
const site = "https://get.pulumi.com/releases/sdk/";
const release = `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-test-"));
const home = path.join(folder, "home");
const before = { ...process.env };
afterAll(() => {
  process.env = before;
  fs.rmSync(folder, { recursive: true });
});

/** An archive as a release has it, whose CLI tells the version and takes every plugin for installed. */
function archive(): Buffer {
  fs.mkdirSync(path.join(folder, "pulumi"));
  const cli = `#!/bin/sh\necho v${version}\n`;
  for (const program of ["pulumi", "pulumi-language-nodejs"])
    fs.writeFileSync(path.join(folder, "pulumi", program), cli, { mode: 0o755 });
  execFileSync("tar", ["-czf", path.join(folder, name), "-C", folder, "pulumi"]);
  return fs.readFileSync(path.join(folder, name));
}
const good = archive();
const sum = createHash("sha256").update(good).digest("hex");

/** Sets Pulumi up on a machine that has none, where the archive's site answers with something. */
async function ensure(answer: Buffer): Promise<void> {
  fs.rmSync(home, { recursive: true, force: true });
  process.env = {
    ...before,
    PULUMI_HOME: home,
    FLOTILLA_CACHE: path.join(folder, "cache"),
    PATH: "/nowhere",
  };
  const bodies: Record<string, string | Uint8Array<ArrayBuffer>> = {
    [`${site}${name}`]: new Uint8Array(answer),
    [release]: `${sum}  ${name}\n`,
    "https://get.pulumi.com/": "",
  };
  jest.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
    const body = bodies[String(url)];
    return body === undefined ? new Response("", { status: 404 }) : new Response(body);
  });
  await jest.isolateModulesAsync(async () => {
    const { ensurePulumi } = await import("../../setup/pulumi.ts");
    await ensurePulumi();
  });
}

beforeEach(() => build.mockClear());

test("a CLI that has the checksum of its release is installed", async () => {
  await ensure(good);
  expect(fs.readdirSync(path.join(home, "bin")).sort()).toStrictEqual(["pulumi", "pulumi-language-nodejs"]);
  expect(build).not.toHaveBeenCalled();
});

test("one that has not is not, and the toolchain is to make one", async () => {
  await ensure(Buffer.concat([good, Buffer.from("\n")]));
  expect(fs.existsSync(home)).toBe(false);
  expect(build).toHaveBeenCalledWith("pulumi");
});
