import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { contentHash } from "../../../lib/images/content-hash.ts";
import { type OwnImage, ownImages, ownRecipe, renderedContext } from "../../../lib/images/own-images.ts";
import { inScratchProject } from "../../support/scratch-project.ts";
import { settingsFrom } from "../../support/settings-from.ts";

describe("a rendered context", () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-context-"));
    fs.mkdirSync(path.join(folder, "from"));
    fs.writeFileSync(path.join(folder, "from/Dockerfile.mustache"), "FROM {{image}}");
    fs.writeFileSync(path.join(folder, "from/start"), "#!/bin/sh\n", { mode: 0o755 });
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  test("holds what was rendered, everything else but templates, and nothing from before", () => {
    const target = path.join(folder, "deep/in/to");
    renderedContext(path.join(folder, "from"), { old: "" }, target);
    expect(renderedContext(path.join(folder, "from"), { Dockerfile: "FROM a" }, target)).toBe(target);
    expect(fs.readdirSync(target).sort()).toStrictEqual(["Dockerfile", "start"]);
    expect(fs.readFileSync(path.join(target, "Dockerfile"), "utf8")).toBe("FROM a");
  });

  test("has folders for what is rendered below such", () => {
    const target = path.join(folder, "to");
    renderedContext(path.join(folder, "from"), { "deep/in/file": "a" }, target);
    expect(fs.readFileSync(path.join(target, "deep/in/file"), "utf8")).toBe("a");
  });

  test("is the same in a clone with another umask", () => {
    const rendered = { Dockerfile: "", "deep/in/file": "" };
    const hashOf = (start: number, umask: number) => {
      fs.chmodSync(path.join(folder, "from/start"), start);
      const before = process.umask(umask);
      const context = renderedContext(path.join(folder, "from"), rendered, path.join(folder, "to"));
      process.umask(before);
      return contentHash({ context, dockerfile: "Dockerfile", args: {} });
    };
    expect(hashOf(0o775, 0o002)).toBe(hashOf(0o700, 0o077));
    expect(hashOf(0o664, 0o002)).not.toBe(hashOf(0o775, 0o002));
  });
});

test("every image of ours is made from its template, with the base images that the config names", () =>
  inScratchProject(async () => {
    const settings = settingsFrom({ consul: { image: "registry.example.com/consul:1" } });
    for (const role of ownImages) {
      expect(ownRecipe(role, settings)).toStrictEqual({
        context: `.flotilla/test/${role}`,
        dockerfile: "Dockerfile",
        args: {},
      });
    }
    expect(fs.readFileSync(".flotilla/test/consul/Dockerfile", "utf8")).toContain(
      "--from=registry.example.com/consul:1 ",
    );
  }));

test("one image alone has our programs, as modules and with all that they are made of", () =>
  inScratchProject(async () => {
    const filesOf = (role: OwnImage) => {
      const { context } = ownRecipe(role, settingsFrom());
      return fs.globSync("**/*.*", { cwd: context }).filter((file) => file !== "Dockerfile");
    };
    const programs = ["commands", "lib", "runtime"].flatMap((folder) =>
      fs.globSync("**/*.ts", { cwd: folder }).map((file) => `program/${folder}/${file}`),
    );
    expect(programs).toEqual(expect.arrayContaining(["program/commands/support/reach.ts"]));
    const croner = ["dist/croner.js", "package.json"];
    const others = croner.map((file) => `program/node_modules/croner/${file}`);
    expect(filesOf("programs").sort()).toStrictEqual(["program/package.json", ...others, ...programs].sort());
    expect(filesOf("balancer").filter((file) => file.startsWith("program"))).toStrictEqual([]);
    const copy = ".flotilla/test/programs/program";
    expect(fs.readFileSync(`${copy}/package.json`, "utf8")).toBe('{"type":"module"}');
    expect(fs.readFileSync(`${copy}/lib/names.ts`, "utf8")).toBe(fs.readFileSync("lib/names.ts", "utf8"));
  }));
