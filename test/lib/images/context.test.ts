import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { ContextFault, readContext } from "../../../lib/images/context.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "flotilla-context-"));
  write("Dockerfile", "FROM scratch\n");
  write("src/a.txt", "abc", 0o640);
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(file: string, text: string, mode = 0o644): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), text);
  fs.chmodSync(path.join(folder, file), mode);
}

const read = (dockerfile = "Dockerfile") => readContext({ context: folder, dockerfile });
const paths = (dockerfile?: string) => read(dockerfile).map(({ path }) => path);

test("holds every file, folder and link with its mode, parents first", () => {
  fs.mkdirSync(path.join(folder, "empty"));
  fs.chmodSync(path.join(folder, "empty"), 0o1777);
  fs.chmodSync(path.join(folder, "src"), 0o755);
  fs.symlinkSync("/nowhere", path.join(folder, "link"));
  expect(read().map(({ modified: _, ...entry }) => entry)).toStrictEqual([
    { path: "Dockerfile", kind: "file", mode: 0o644, size: 13, target: "" },
    { path: "empty", kind: "folder", mode: 0o1777, size: 0, target: "" },
    { path: "link", kind: "link", mode: 0o777, size: 0, target: "/nowhere" },
    { path: "src", kind: "folder", mode: 0o755, size: 0, target: "" },
    { path: "src/a.txt", kind: "file", mode: 0o640, size: 3, target: "" },
  ]);
});

test.each<[ignoreFile: string, expected: string[]]>([
  ["*", ["Dockerfile"]],
  ["src\n.dockerignore", ["Dockerfile"]],
  ["src/*\n.dockerignore", ["Dockerfile", "src"]],
  ["**\n!**/a.txt", ["Dockerfile", "src", "src/a.txt"]],
  ["**\n!other/b", ["Dockerfile"]],
])("less what %j leaves out", (ignoreFile, expected) => {
  write(".dockerignore", ignoreFile);
  expect(paths()).toStrictEqual(expected);
});

test("with the Dockerfile, in whatever folder that is left out", () => {
  write("docker/Dockerfile", "FROM scratch\n");
  write("docker/other", "");
  write(".dockerignore", "*");
  expect(paths("./docker/Dockerfile")).toStrictEqual(["docker", "docker/Dockerfile"]);
});

test("sockets are left out", async () => {
  const server = net.createServer().listen(path.join(folder, "socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  expect(paths()).not.toContain("socket");
  server.close();
});

describe("what can't be built is told with its file", () => {
  const fault = (): string => {
    try {
      read();
    } catch (error) {
      if (error instanceof ContextFault) return error.message.replace(folder, "app");
      throw error;
    }
    return "none";
  };

  test("a pipe", () => {
    execFileSync("mkfifo", [path.join(folder, "src/pipe")]);
    expect(fault()).toBe("app/src/pipe is a device or a pipe, which no image takes");
  });

  test("a pattern that Docker refuses", () => {
    write(".dockerignore", "docs\na[");
    expect(fault()).toBe('app/.dockerignore: "a[" is no pattern that Docker takes');
  });

  test("a folder that may not be read", () => {
    fs.chmodSync(path.join(folder, "src"), 0);
    fs.chmodSync(folder, 0o755);
    const seen = asNobody(fault);
    fs.chmodSync(path.join(folder, "src"), 0o755);
    expect(seen).toBe("app/src can't be read (permission denied)");
  });
});

/** Runs something without the powers of root, where the tests have them. */
function asNobody<T>(run: () => T): T {
  if (process.getuid?.() !== 0) return run();
  process.seteuid?.(65534);
  try {
    return run();
  } finally {
    process.seteuid?.(0);
  }
}
