import { readFileSync } from "node:fs";
import { join } from "node:path";
import { missingPlatforms } from "../../setup/lockfile.ts";

test("the lockfile lists every platform's packages; if not: node setup/complete-lockfile.ts", () => {
  const file = join(__dirname, "..", "..", "package-lock.json");
  expect(missingPlatforms(JSON.parse(readFileSync(file, "utf8")))).toEqual({});
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
