import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { RestoreFilesArgs } from "../../commands/restore-files.ts";
import { programsOnPath, writeProgram } from "../support/programs-on-path.ts";

/** Restores a file, and tells of the folders of the backup what `$here/listed` has. */
const folder = programsOnPath({
  restic: [
    'printf "%s\\n" "$*" >>"$here/called"',
    'if [[ $* == *" ls "* ]]; then . "$here/listed"; exit; fi',
    'echo restored >"$here/target/file"',
    '[[ ! -e $here/fails ]] || { echo "Fatal: content differs" >&2; exit 1; }',
  ].join("\n"),
});
const calls = () =>
  readFileSync(join(folder(), "called"), "utf8").replaceAll("--no-cache --retry-lock 2m ", "");

/** A node of a backup, as restic lists it. */
const node = (path: string, mode: number) =>
  JSON.stringify({ path, mode, uid: process.getuid?.(), gid: process.getgid?.() });

function restore(rest: Partial<RestoreFilesArgs> = {}): { code: number | null; said: string } {
  const target = join(folder(), "target");
  mkdirSync(target, { recursive: true, mode: 0o700 });
  const told: RestoreFilesArgs = {
    repository: { location: "/target/dev/a", env: { RESTIC_PASSWORD: "hush" } },
    snapshot: "4f1d",
    path: "/data/uploads",
    isFolder: true,
    target,
    ...rest,
  };
  const { status, stderr } = spawnSync(process.execPath, ["commands/restore-files.ts"], {
    input: JSON.stringify(told),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { code: status, said: stderr };
}

// The bits that Go has for a folder, setgid and sticky.
const [FOLDER, SETGID, STICKY] = [2 ** 31, 2 ** 22, 2 ** 20];

test("what is in a folder is restored and read again, and the folder is as it was", () => {
  const listed = [
    JSON.stringify({ struct_type: "snapshot", id: "4f1d" }),
    node("/data", FOLDER + 0o755),
    node("/data/other", FOLDER + 0o711),
    node("/data/uploads", FOLDER + SETGID + STICKY + 0o750),
  ];
  writeProgram(folder(), "listed", listed.map((line) => `echo '${line}'`).join("\n"));
  expect(restore()).toStrictEqual({ code: 0, said: "" });
  expect(calls()).toBe(
    [
      `restore --no-lock 4f1d:/data/uploads --target ${folder()}/target --verify`,
      "ls --json --no-lock 4f1d /data",
      "",
    ].join("\n"),
  );
  expect(statSync(join(folder(), "target")).mode & 0o7777).toBe(0o3750);
});

test("one file is restored alone", () => {
  expect(restore({ path: "/consul.dump", isFolder: false })).toStrictEqual({ code: 0, said: "" });
  expect(calls()).toBe(
    `restore --no-lock 4f1d:/ --target ${folder()}/target --verify --include /consul.dump\n`,
  );
  expect(statSync(join(folder(), "target")).mode & 0o7777).toBe(0o700);
});

test("what is not what was backed up is a failure", () => {
  writeProgram(folder(), "fails", "");
  expect(restore()).toStrictEqual({ code: 1, said: "Fatal: content differs\n" });
});
