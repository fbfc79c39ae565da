import { faultsMessage, given, listed, overlaps, pathText } from "../../config/faults.ts";

test.each([
  [["protect"], "flotilla:protect"],
  [["services", "web-a", "volumes", 0, "path"], "flotilla:services.web-a.volumes[0].path"],
  [["services", "my.web"], 'flotilla:services["my.web"]'],
  [["services", "web", "env", 'a"b'], 'flotilla:services.web.env["a\\"b"]'],
  [["services", ""], 'flotilla:services[""]'],
  [["services", "x".repeat(60)], `flotilla:services.${"x".repeat(60)}`],
  [["services", "x".repeat(61), "env"], `flotilla:services["${"x".repeat(59)}…"].env`],
])("%j is written %s", (path, text) => {
  expect(pathText(path)).toBe(text);
});

test.each([
  [undefined, "nothing"],
  [null, "nothing"],
  [4, "4"],
  ["4", '"4"'],
  [false, "false"],
  [[], "an empty list"],
  [[1], "a list"],
  [{}, "an empty map"],
  [{ a: 1 }, "a map"],
  ["x".repeat(100), `"${"x".repeat(78)}…`],
])("%j is shown as %s", (value, text) => {
  expect(given(value)).toBe(text);
});

test.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
])("%j is read out as %j", (names, text) => {
  expect(listed(names)).toBe(text);
});

test.each([
  [["a"], ["a", "b"], true],
  [["a", "b"], ["a"], true],
  [["a", "b"], ["a", "c"], false],
  [[], ["a"], true],
])("%j and %j overlap: %j", (a, b, answer) => {
  expect(overlaps(a, b)).toBe(answer);
});

test.each([
  ["set", "pulumi config set --path 'flotilla:a.b' <value>"],
  ["set --secret", "pulumi config set --secret --path 'flotilla:a.b'"],
  ["rm", "pulumi config rm --path 'flotilla:a.b'"],
] as const)("the message ends with the remedy (%s)", (fix, command) => {
  const faults = [{ path: "flotilla:a.b", message: "must be 1, got 2", fix }];
  expect(faultsMessage("dev", faults)).toBe(
    `Config of stack dev has 1 fault:\n  flotilla:a.b: must be 1, got 2\nPut right in Pulumi.dev.yaml, or with commands such as ${command}`,
  );
});

test("a stack's name is not put right by config", () => {
  const faults = [{ path: "stack name", message: "must be other", fix: "set" as const }];
  expect(faultsMessage("Dev", faults)).toBe("Config of stack Dev has 1 fault:\n  stack name: must be other");
});

test("a path that is cut short makes no command", () => {
  const faults = ["flotilla:a…", "flotilla:b"].map((path) => ({
    path,
    message: "is bad",
    fix: "rm" as const,
  }));
  expect(faultsMessage("dev", faults)).toMatch(/such as pulumi config rm --path 'flotilla:b'$/);
});
