import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { clearDeadLocks } from "../../setup/locks.ts";

let home: string;
let locks: string;
let said: string;
const running: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "flotilla-locks-"));
  locks = join(home, ".pulumi", "locks", "organization", "flotilla", "dev");
  process.env.PULUMI_BACKEND_URL = `file://${home}`;
  said = "";
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env.PULUMI_BACKEND_URL;
  for (const child of running.splice(0)) child.kill();
  rmSync(home, { recursive: true });
});

/** Number of a process of that name, which runs until the test is over. */
async function processNamed(name: string): Promise<number> {
  const program = join(home, name);
  copyFileSync("/usr/bin/sleep", program);
  const child = spawn(program, ["60"]);
  running.push(child);
  await once(child, "spawn");
  return child.pid ?? 0;
}

async function deadProcess(): Promise<number> {
  const child = spawn("/bin/true");
  await once(child, "exit");
  return child.pid ?? 0;
}

function lock(content: string): void {
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "one.json"), content);
  writeFileSync(join(locks, "one.json.attrs"), "{}");
}

test.each<[string, () => Promise<number>]>([
  ["that ended", deadProcess],
  ["whose number went to another program", () => processNamed("other")],
])("takes away the lock of a run %s", async (_, pid) => {
  const number = await pid();
  lock(JSON.stringify({ pid: number, username: "root", hostname: hostname() }));
  clearDeadLocks("dev");
  expect(readdirSync(locks)).toStrictEqual([]);
  expect(said).toContain(`took away the lock of a run that was killed (process ${number})`);
});

test.each<[string, () => Promise<string>]>([
  [
    "of a run that is at work",
    async () => JSON.stringify({ pid: await processNamed("pulumi"), hostname: hostname() }),
  ],
  ["of another machine", async () => JSON.stringify({ pid: await deadProcess(), hostname: "elsewhere" })],
  ["that is not yet written", async () => '{"pid":'],
])("leaves a lock %s", async (_, content) => {
  lock(await content());
  clearDeadLocks("dev");
  expect(existsSync(join(locks, "one.json"))).toBe(true);
  expect(said).toBe("");
});

test.each(["", "s3://somewhere"])("where there are no locks, there is nothing to do (%j)", (url) => {
  if (url) process.env.PULUMI_BACKEND_URL = url;
  expect(() => clearDeadLocks("dev")).not.toThrow();
});
