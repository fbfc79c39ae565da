import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt } from "../../runtime/program.ts";

const project = mkdtempSync(join(tmpdir(), "flotilla-strip-"));
afterAll(() => rmSync(project, { recursive: true }));

/** A dependency of the project with one line of TypeScript. */
function install(name: string): string {
  const folder = join(project, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  for (const file of ["package.json", "setup/strip-types.js"]) cpSync(file, join(folder, file));
  writeFileSync(join(folder, "one.ts"), "export const one: number = 1;\n");
  return join(folder, "one.ts");
}

const node = (file: string, ...flags: string[]) => {
  const script = `import(${JSON.stringify(file)}).then(({ one }) => console.log(one))`;
  return attempt(process.execPath, [...flags, "--eval", script], { cwd: project });
};

test("a project runs the TypeScript of this package without a word, and no other's", async () => {
  const [ours, other] = [install("flotilla"), install("other")];
  const loaded = ["--import", "flotilla/strip-types"];
  expect((await node(ours)).output).toContain("ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING");
  expect((await node(ours, ...loaded)).output).toBe("1\n");
  expect((await node(other, ...loaded)).output).toContain("ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING");
});
