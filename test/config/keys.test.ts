import { configKeys } from "../../config/keys.ts";

const keys = new Map(configKeys().map((key) => [key.path, key]));

test.each([
  ["protect", { default: true, isSection: false }],
  ["network", { default: {}, isSection: true }],
  ["hosts.<key>.docker", { default: "unix:///var/run/docker.sock", isSection: false }],
  ["services", { default: undefined, isSection: true }],
  ["services.<name>.build", { default: undefined, isSection: true }],
  ["services.<name>.build.args", { default: undefined, isSection: false }],
  ["services.<name>.env", { default: undefined, isSection: false }],
  ["services.<name>.volumes", { default: [], isSection: false }],
  ["services.<name>.rollout.surge", { default: "100%", isSection: false }],
])("%s is a key", (path, rest) => {
  expect(keys.get(path)).toStrictEqual({ path, ...rest });
});

test("no key stands there twice", () => {
  expect(keys.size).toBe(configKeys().length);
});
