import { withDeadline } from "../../runtime/deadline.ts";
import { attempt, run } from "../../runtime/program.ts";

const sh = (script: string) => ["-c", script];

test("what it prints, apart and together, and its exit code", async () => {
  const outcome = await attempt("sh", sh("echo out; sleep 0.1; echo err >&2; exit 3"));
  expect(outcome).toStrictEqual({ code: 3, stdout: "out\n", stderr: "err\n", output: "out\nerr\n" });
});

test("its input", async () => {
  expect(await run("cat", [], { input: "words" })).toBe("words");
  expect(await run("cat", [])).toBe("");
});

test("a program that does not read its input is no failure", async () => {
  await expect(run("true", [], { input: "x".repeat(1 << 20) })).resolves.toBe("");
});

test("output of any length is whole", async () => {
  expect(await run("head", ["-c", String(3 << 20), "/dev/zero"])).toHaveLength(3 << 20);
});

test("one that is not there", async () => {
  expect(await attempt("no-such-program", [])).toMatchObject({ code: 127, failure: "not found" });
});

test("one that must succeed", async () => {
  await expect(run("sh", sh("echo why >&2; exit 2"))).rejects.toThrow(/ended with code 2:\nwhy$/);
});

test.each([
  ["its own", () => attempt("sh", sh("echo begun; sleep 60"), { timeout: 1500 })],
  ["that of whoever runs it", () => withDeadline(1.5, () => attempt("sh", sh("echo begun; sleep 60")))],
  [
    "that of silence",
    () => attempt("sh", sh("echo begun; sleep 60"), { silence: { first: 9000, later: 1500 } }),
  ],
  // The shell's child holds the pipes.
  [
    "one that its children outlive",
    () => attempt("sh", sh("sleep 60 & echo begun; wait"), { timeout: 1500 }),
  ],
])("one that outlives its time is killed: %s", async (_, start) => {
  const before = performance.now();
  expect(await start()).toMatchObject({ code: 124, failure: "out of time", stdout: "begun\n" });
  expect(performance.now() - before).toBeLessThan(5000);
});

test("a signal ends it, and is told as what it is", async () => {
  const end = new AbortController();
  const running = attempt("sleep", ["60"], { signal: end.signal });
  end.abort();
  await expect(running).rejects.toThrow(/aborted/);
});
