import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const script = join(import.meta.dirname, "../templates/balancer/threads");

/** What it says on a machine of so many cores, of a control group with these files. */
function threads(cores: number, group: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-test-"));
  try {
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    write("nproc", `#!/bin/sh\necho ${cores}\n`);
    chmodSync(join(folder, "nproc"), 0o755);
    for (const [file, text] of Object.entries(group)) write(join("group", file), `${text}\n`);
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const { stdout, stderr } = spawnSync(script, [join(folder, "group")], { encoding: "utf8", env });
    expect(stderr).toBe("");
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const version2 = (quota: string) => ({ "cpu.max": `${quota} 100000` });
const version1 = (quota: string) => ({ "cpu/cpu.cfs_quota_us": quota, "cpu/cpu.cfs_period_us": "100000" });

test.each([
  ["no control group", {}],
  ["no quota", version2("max")],
  ["no quota, version 1", version1("-1")],
])("half of the cores: %s", (_, group) => {
  expect([1, 2, 3, 8].map((cores) => threads(cores, group))).toStrictEqual(["1\n", "1\n", "2\n", "4\n"]);
});

test.each([
  [16, "50000", 1],
  [16, "100000", 1],
  [16, "150000", 2],
  [16, "1000", 1],
  [16, "800000", 8],
  [16, "1600000", 8],
  [2, "200000", 1],
])("of %i cores and a quota of %s µs in 100 ms, %i", (cores, quota, wanted) => {
  expect(threads(cores, version2(quota))).toBe(`${wanted}\n`);
  expect(threads(cores, version1(quota))).toBe(`${wanted}\n`);
});
