import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { attempt } from "../../runtime/program.ts";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "flotilla-import-"));
const stackFile = join(folder, "Pulumi.shop.yaml");
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => rmSync(stackFile, { force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** `npm run import` as it is called in the folder, for the stack "shop", whose config is there. */
async function run(...args: string[]) {
  const { FORCE_COLOR: _, ...env } = process.env;
  const { code, stdout, stderr } = await attempt(process.execPath, ["--", "operate/import.ts", ...args], {
    env: { ...env, NO_COLOR: "1", INIT_CWD: folder, PULUMI_OPTION_CONFIG_FILE: stackFile },
  });
  return { code, stdout, stderr };
}

const shop = "services:\n  web:\n    image: shop\n    ports: ['8081:80']\n    environment: { MODE: fast }\n";

test("writes the stack's file, and tells what became of what", async () => {
  write("plain/compose.yaml", shop);
  const { code, stdout, stderr } = await run("plain", "--stack", "shop");
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^Taken\n {2}web\n {4}ports: 8081:80 · image: shop · environment: MODE\n\nChanged in meaning \(2\)\n/,
  );
  expect(stdout).toContain(
    "compose.yaml: one service (web): 3 things taken, 2 changed in meaning, 0 left out\n",
  );
  expect(stdout).toContain("npm run up -- --stack shop");
  const text = readFileSync(stackFile, "utf8");
  expect(text).toContain("# From compose.yaml: `npm run import`.");
  expect(text).toContain("publish: 8081");
});

test("refuses to write over services without --replace, and leaves what else is there", async () => {
  write("again/compose.yaml", shop);
  writeFileSync(
    stackFile,
    "config:\n  flotilla:protect: false\n  flotilla:services: { old: { image: a } }\n",
  );
  const before = readFileSync(stackFile, "utf8");
  const { code, stderr } = await run("again", "--stack", "shop");
  expect({ code, stderr }).toStrictEqual({
    code: 1,
    stderr:
      "import stopped: Pulumi.shop.yaml has services already.\n  --stack names another one, --replace puts these in their place, --print shows what they would be.\n",
  });
  expect(readFileSync(stackFile, "utf8")).toBe(before);
  expect((await run("again", "--stack", "shop", "--replace")).code).toBe(0);
  const after = readFileSync(stackFile, "utf8");
  expect(after).toContain("flotilla:protect: false");
  expect(after).not.toContain("old");
});

test("--print and --dry-run change nothing; no secret is shown", async () => {
  write("secret/compose.yaml", `${shop}    env_file: web.env\n`);
  write("secret/web.env", "A_TOKEN=hush-hush\nURL=http://me:hush-hush@a/\n");
  const printed = await run("secret", "--stack", "shop", "--print");
  expect(printed).toMatchObject({ code: 0, stdout: expect.stringContaining("secure: (encrypted)") });
  const dry = await run("secret", "--stack", "shop", "--dry-run");
  expect(dry).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("encrypted: A_TOKEN, URL"),
  });
  expect(JSON.stringify([printed, dry])).not.toContain("hush-hush");
  expect(existsSync(stackFile)).toBe(false);
});

test("tells all faults at once, those of flotilla's rules too, and writes nothing", async () => {
  write("bad/compose.yaml", "services:\n  web: { imag: a }\n  api: { image: a, ports: 80 }\n");
  expect(await run("bad", "--stack", "shop")).toStrictEqual({
    code: 1,
    stdout: "",
    stderr:
      "import stopped: compose.yaml has 2 faults, and nothing was changed:\n  compose.yaml:2: services.web.imag: is no key that Compose knows here\n  compose.yaml:3: services.api.ports: must be a list\n",
  });
  write("rules/compose.yaml", "services:\n  web: { build: ./nowhere, ports: ['80:80'] }\n");
  const { code, stderr } = await run("rules", "--stack", "shop");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /compose\.yaml:2: services\.web\.build: becomes flotilla:services\.web\.build, which must be a folder that exists/,
  );
  expect(existsSync(stackFile)).toBe(false);
});

test("a bomb is refused", async () => {
  const lines = Array.from("bcdefghi", (name, index) => {
    const before = "abcdefgh"[index];
    return `x-${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
  });
  write("bomb/compose.yaml", `x-a: &a [1,1,1,1,1,1,1,1,1]\n${lines.join("\n")}\n${shop}`);
  const { code, stderr } = await run("bomb", "--stack", "shop");
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("must not come to more than 200000 values"),
  });
});

test.each<[string, string[], string]>([
  ["a folder without a compose file", ["."], "has no compose.yaml."],
  ["no such file", ["no.yaml", "--stack", "shop"], "no.yaml:1: is no file that can be read"],
  ["a name that no stack can have", ["plain", "--stack", "My Shop"], "\"My Shop\" can't be a stack's name"],
  [
    "files of variables that are not there",
    ["plain", "--stack", "shop", "--env-file", "no.env"],
    "no.env:1: is no file that can be read",
  ],
])("refuses %s", async (_, args, message) => {
  write("plain/compose.yaml", shop);
  const { code, stderr } = await run(...args);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
});

test("tells how it is used", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const word of [
    "npm run import --",
    "--stack",
    "--env-file",
    "--profile",
    "--replace",
    "--print",
    "--dry-run",
  ])
    expect(stdout).toContain(word);
});
