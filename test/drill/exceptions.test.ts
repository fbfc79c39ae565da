import fs from "node:fs";
import { configKeys } from "../../config/keys.ts";
import { exceptionForKey, exceptionForResource, exceptions, keysLeftAlone } from "../../drill/exceptions.ts";
import { keyChanges } from "../../drill/key-changes.ts";

const keys = configKeys()
  .filter(({ isSection }) => !isSection)
  .map(({ path }) => path);

test("each config key is changed by the drill, or it is said why not", () => {
  const told = [...keyChanges.map(({ key }) => key), ...Object.keys(keysLeftAlone)];
  expect(told.toSorted()).toStrictEqual(keys.toSorted());
});

test("each key that has an exception is one", () => {
  const excepted = exceptions.flatMap(({ keys = [] }) => keys);
  expect(excepted.filter((key) => !keys.includes(key))).toStrictEqual([]);
});

test("the README has each exception, with its reason and bound, and no other", () => {
  const [, table = ""] = fs.readFileSync("README.md", "utf8").split("<!-- exceptions");
  const rows = table
    .split("\n\n")[0]
    ?.split("\n")
    .slice(3)
    .map((line) => line.slice(2, -2));
  expect(rows).toStrictEqual(exceptions.map(({ what, why, bound }) => `${what} | ${bound} s | ${why}`));
});

test("the README says which keys are left alone", () => {
  const readme = fs.readFileSync("README.md", "utf8").replaceAll(/\s+/g, " ");
  for (const [why, group] of Map.groupBy(Object.entries(keysLeftAlone), ([, reason]) => reason)) {
    expect(readme).toContain(`${group.map(([key]) => `\`${key}\``).join(", ")} (${why})`);
  }
});

test.each([
  ["docker:index/container:Container", "front", 10],
  ["docker:index/container:Container", "balancer", undefined],
  ["docker:index/network:Network", undefined, 60],
  ["docker:index/volume:Volume", undefined, undefined],
  ["pulumi:providers:docker", undefined, undefined],
])("%s of role %s may cost requests for so many seconds: %s", (type, role, bound) => {
  expect(exceptionForResource({ type, ...(role && { role }) })?.bound).toBe(bound);
});

test.each([
  ["loadBalancers.max", 10],
  ["network.subnet", 60],
  ["services.<name>.env", undefined],
])("%s may cost requests for so many seconds: %s", (key, bound) => {
  expect(exceptionForKey(key)?.bound).toBe(bound);
});
