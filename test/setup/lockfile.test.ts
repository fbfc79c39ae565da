import { readFileSync } from "node:fs";
import { join } from "node:path";
import { missingPlatforms } from "../../setup/lockfile.ts";

test("the lockfile lists every platform's packages; if not: node setup/complete-lockfile.ts", () => {
  const file = join(__dirname, "..", "..", "package-lock.json");
  expect(missingPlatforms(JSON.parse(readFileSync(file, "utf8")))).toEqual({});
});

test("the lockfile says what each package is to be, and names no registry", () => {
  const { packages } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package-lock.json"), "utf8"));
  const all = Object.entries<Record<string, unknown>>(packages).filter(([path]) => path !== "");
  expect(all.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  // Those that the registry it was made with has not got, which are for other platforms.
  const isElsewheres = ({ optional, os, cpu }: Record<string, unknown>) => optional && os && cpu;
  const unsaid = all.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(String(integrity)));
  expect(unsaid.filter(([, one]) => !isElsewheres(one)).map(([path]) => path)).toEqual([]);
  expect(all.length - unsaid.length).toBeGreaterThan(400);
});

test("names what is missing, with its platform", () => {
  const packages = {
    "": {},
    "node_modules/tool": {
      dev: true,
      optionalDependencies: {
        "@tool/linux-x64-musl": "1.2.3",
        "@tool/darwin-arm64": "1.2.3",
        "tool-win32-ia32": "1.2.3",
      },
    },
    "node_modules/@tool/darwin-arm64": { version: "1.2.3" },
    "node_modules/tool/node_modules/tool-win32-ia32": { version: "1.2.3" },
  };
  expect(missingPlatforms({ packages })).toEqual({
    "node_modules/@tool/linux-x64-musl": {
      version: "1.2.3",
      cpu: ["x64"],
      dev: true,
      libc: ["musl"],
      optional: true,
      os: ["linux"],
    },
  });
});
