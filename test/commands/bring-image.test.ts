import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { BringImageArgs } from "../../commands/bring-image.ts";
import { contentHash } from "../../lib/images/content-hash.ts";
import { type DockerAnswer, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const reference = "flotilla/test-web:0123456789ab";
const recipe = { context: "examples/simple-server", dockerfile: "Dockerfile", args: { TOKEN: "hush-arg" } };
const build = { ...recipe, hash: contentHash(recipe) };
const labels = { "flotilla.image": "service/web", "flotilla.image.stack": "test" };
const registry = { address: "registry.example.com/team", username: "me", password: "hush-password" };
const inRegistry = "registry.example.com/team/test-web:0123456789ab";

/** Docker engines that keep images, and log what is asked of them but for looking. */
class Engines implements FakeHosts {
  readonly log: string[] = [];
  readonly images: Record<string, string[]>;
  readonly platforms: Record<string, string>;
  readonly pushed = new Set<string>();
  /** What the file of `--config` says while it is used, and where that is. */
  readonly credentials: { file: string; text: string }[] = [];
  readonly failing: Record<string, DockerAnswer> = {};
  readonly inUse: readonly string[] = [];

  constructor(images: Record<string, string[]>, platforms: Record<string, string> = {}) {
    this.images = images;
    this.platforms = platforms;
  }

  docker(endpoint: string, given: readonly string[]): DockerAnswer {
    const [, host = ""] = endpoint.split("://");
    const mine = this.images[host] ?? [];
    const args = this.#withoutCredentials(given);
    const [verb = "", second] = args;
    const image = args.at(-1) ?? "";
    if (verb === "version") return { out: `${this.platforms[host] ?? "linux/amd64"}\n` };
    if (verb === "image" && second === "ls") return { out: mine.map((one) => `${one}\n`).join("") };
    this.log.push(`${host}: ${args.join(" ")}`);
    if (this.failing[verb]) return this.failing[verb];
    if (verb === "build") mine.push(args[2] ?? "");
    if (verb === "push") this.pushed.add(image);
    if (verb === "save") return { out: "an archive" };
    if (verb === "load") mine.push(reference);
    if (verb === "pull" && !this.pushed.has(image)) return { code: 1, err: "manifest unknown" };
    if (verb === "pull") mine.push(image);
    if (verb === "image" && second === "rm") {
      if (this.inUse.includes(image)) return { code: 1, err: "conflict: image is being used" };
      mine.splice(mine.indexOf(image), 1);
    }
    return {};
  }

  consul() {
    return { status: 500 };
  }

  #withoutCredentials([flag, folder = "", ...rest]: readonly string[]): readonly string[] {
    if (flag !== "--config") return [flag ?? "", folder, ...rest];
    const file = path.join(folder, "config.json");
    this.credentials.push({ file, text: fs.readFileSync(file, "utf8") });
    return rest;
  }
}

const bring = (engines: Engines, args: Partial<BringImageArgs> = {}) =>
  runCommand(engines, "bring-image", {
    reference,
    labels,
    build,
    hosts: Object.keys(engines.images).map((key) => ({ key, docker: `tcp://${key}` })),
    replacesOthers: false,
    ...args,
  } satisfies BringImageArgs);

test("several are brought side by side, and one that fails cuts no other short", async () => {
  const engines = new Engines({ a: [] });
  const [web, other] = [reference, "flotilla/test-other:0123456789ab"].map((reference) => ({
    reference,
    labels,
    hosts: [{ key: "a", docker: "tcp://a" }],
    replacesOthers: false,
  }));
  const { code, said } = await runCommand(engines, "bring-image", [other, { ...web, build }]);
  expect(code).toBe(1);
  expect(said).toContain("flotilla/test-other:0123456789ab: no host has it");
  expect(engines.images.a).toStrictEqual([reference]);
});

const built = `build --tag ${reference} --file Dockerfile --build-arg TOKEN --label flotilla.image=service/web --label flotilla.image.stack=test -`;

describe("without a registry", () => {
  test.concurrent("where every host has it, nothing is done", async () => {
    const engines = new Engines({ a: [reference], b: [reference] });
    expect(await bring(engines)).toStrictEqual({ code: 0, said: "" });
    expect(engines.log).toStrictEqual([]);
  });

  test.concurrent("it is built once, by the first host, and handed on to the others", async () => {
    const engines = new Engines({ a: [], b: [], c: [] });
    const { code, said } = await bring(engines);
    expect(code).toBe(0);
    expect(engines.log[0]).toBe(`a: ${built}`);
    expect(engines.log.slice(1).sort()).toStrictEqual([
      `a: save ${reference}`,
      `a: save ${reference}`,
      "b: load --quiet",
      "c: load --quiet",
    ]);
    expect(said).toMatch(new RegExp(`^${reference}: built on host a in [\\d.]+ s\n`));
    expect(said).toContain(`${reference}: brought to host c\n`);
  });

  test.concurrent("a host that has it hands it on: nothing is built", async () => {
    const engines = new Engines({ a: [], b: [reference] });
    await bring(engines);
    expect(engines.log.sort()).toStrictEqual(["a: load --quiet", `b: save ${reference}`]);
  });

  test.concurrent("hosts of another kind have one of their own", async () => {
    const engines = new Engines({ a: [], b: [], c: [] }, { b: "linux/arm64" });
    await bring(engines);
    const [a, b] = ["a", "b"].map((host) => `${host}: ${built}`);
    expect(engines.log).toEqual(expect.arrayContaining([a, b, `a: save ${reference}`, "c: load --quiet"]));
    expect(engines.log).toHaveLength(4);
  });

  test.concurrent("one that can't be built, and is nowhere, is told", async () => {
    const { code, said } = await bring(new Engines({ a: [] }), { build: undefined });
    expect(code).toBe(1);
    expect(said).toBe(`${reference}: no host has it, and it is not what its folder makes now\n`);
  });

  test.concurrent("a failing build is told with the end of what the builder wrote", async () => {
    const engines = new Engines({ a: [] });
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`).join("\n");
    engines.failing.build = { code: 1, out: `${lines}\n`, err: `E: no\n${"x".repeat(5000)}` };
    const { code, said } = await bring(engines);
    expect(code).toBe(1);
    expect(said).toMatch(/^examples\/simple-server can't be built:\n {2}line 77\n/);
    expect(said).toContain("  E: no\n");
    expect(said.length).toBeLessThan(2000);
  });

  test.concurrent("a folder that has changed since it was hashed is not built", async () => {
    const { code, said } = await bring(new Engines({ a: [] }), { build: { ...build, hash: "another" } });
    expect(code).toBe(1);
    expect(said).toMatch(/^examples\/simple-server has changed since it was looked at, and is not built/);
  });

  test.concurrent("a file that can't be read is named", async () => {
    const context = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-bring-"));
    const { said } = await bring(new Engines({ a: [] }), {
      build: { ...build, context: path.join(context, "none") },
    });
    fs.rmSync(context, { recursive: true });
    expect(said).toBe(`${context}/none can't be read (it has just gone)\n`);
  });

  test.concurrent("a hand-over that fails names both hosts", async () => {
    const engines = new Engines({ a: [reference], b: [] });
    engines.failing.load = { code: 1, err: "no space left on device" };
    const { code, said } = await bring(engines);
    expect(code).toBe(1);
    expect(said).toBe(`${reference} can't be brought from host a to host b:\n  no space left on device\n`);
  });
});

describe("with a registry", () => {
  const args = { registry, reference: inRegistry };

  test.concurrent("it is built, pushed, and pulled by the others", async () => {
    const engines = new Engines({ a: [], b: [] });
    expect((await bring(engines, args)).code).toBe(0);
    expect(engines.log).toStrictEqual([
      `a: pull --quiet ${inRegistry}`,
      `a: ${built.replace(reference, inRegistry)}`,
      `a: push --quiet ${inRegistry}`,
      `b: pull --quiet ${inRegistry}`,
    ]);
  });

  test.concurrent("what somebody has pushed is not built again", async () => {
    const engines = new Engines({ a: [] });
    engines.pushed.add(inRegistry);
    expect((await bring(engines, { ...args, build: undefined })).code).toBe(0);
    expect(engines.log).toStrictEqual([`a: pull --quiet ${inRegistry}`]);
  });

  test.concurrent("the password travels in a file that is gone afterwards", async () => {
    const engines = new Engines({ a: [], b: [] });
    await bring(engines, args);
    expect(engines.credentials).toHaveLength(3);
    for (const { file, text } of engines.credentials) {
      const auth = Buffer.from("me:hush-password").toString("base64");
      expect(JSON.parse(text)).toStrictEqual({ auths: { "registry.example.com": { auth } } });
      expect(fs.existsSync(file)).toBe(false);
    }
    expect(engines.log.join()).not.toContain("hush");
  });

  test.concurrent("what could not be pushed is not kept, so that the next update does it again", async () => {
    const engines = new Engines({ a: [] });
    engines.failing.push = { code: 1, err: "unauthorized" };
    const { code, said } = await bring(engines, args);
    expect([code, said.split("\n").at(-2)]).toStrictEqual([1, `${inRegistry} can't be pushed: unauthorized`]);
    expect(engines.images.a).toStrictEqual([]);
  });

  test.concurrent("several platforms can't share its tag", async () => {
    const { code, said } = await bring(new Engines({ a: [], b: [] }, { b: "linux/arm64" }), args);
    expect(code).toBe(1);
    expect(said).toContain("(a: linux/amd64, b: linux/arm64)");
  });
});

test("what a new one of ours takes the place of goes, unless it is in use", async () => {
  const other = (tag: string) => `flotilla/test-web:${tag}`;
  const engines = new Engines({ a: [other("aaaaaaaaaaaa"), other("bbbbbbbbbbbb"), "flotilla/other:1"] });
  Object.assign(engines, { inUse: [other("bbbbbbbbbbbb")] });
  expect((await bring(engines, { replacesOthers: true })).code).toBe(0);
  expect(engines.images.a).toStrictEqual([other("bbbbbbbbbbbb"), "flotilla/other:1", reference]);
});
