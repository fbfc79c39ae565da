import { setAt } from "../../drill/set-at.ts";

test.each([
  ["a value", { a: { b: 1 } }, "a.b", 2, { a: { b: 2 } }],
  ["a value where there is no section yet", {}, "a.b.c", 2, { a: { b: { c: 2 } } }],
  ["nothing takes it away", { a: { b: 1, c: 2 } }, "a.b", undefined, { a: { c: 2 } }],
  [
    "a folder to build as its section",
    { build: "app" },
    "build.args",
    { A: "1" },
    { build: { context: "app", args: { A: "1" } } },
  ],
])("%s", (_, config, path, value, expected) => {
  setAt(config, path.split("."), value);
  expect(config).toStrictEqual(expected);
});
