import fs from "node:fs";
import { configKeys } from "../../config/keys.ts";
import { exceptionForKey, exceptionForResource, exceptions, keysLeftAlone } from "../../drill/exceptions.ts";
import { keyChanges } from "../../drill/key-changes.ts";

const keys = configKeys()
  .filter(({ isSection }) => !isSection)
  .map(({ path }) => path);

const [container, volume] = ["docker:index/container:Container", "docker:index/volume:Volume"];

test("each config key is changed by the drill, or it is said why not", () => {
  const left = Object.keys(keysLeftAlone);
  const isIn = (key: string, section: string) => key === section || key.startsWith(`${section}.`);
  const ofThose = keys.filter((key) => left.some((section) => isIn(key, section)));
  const told = [...keyChanges.map(({ key }) => key), ...ofThose];
  expect(told.toSorted()).toStrictEqual(keys.toSorted());
  expect(left.filter((section) => !keys.some((key) => isIn(key, section)))).toStrictEqual([]);
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
  ["a container of role front", { type: container, name: "dev--front--local", role: "front" }, 10],
  [
    "a container of another role",
    { type: container, name: "dev--balancer--local--1", role: "balancer" },
    undefined,
  ],
  ["the network", { type: "docker:index/network:Network", name: "local--network" }, 60],
  ["Consul's data", { type: volume, name: "consul--1--data" }, undefined],
  ["the logs", { type: volume, name: "local--logs--dev--logs" }, 0],
  ["a service's volume", { type: volume, name: "store--local_data" }, 0],
  ["a provider", { type: "pulumi:providers:docker", name: "local" }, undefined],
])("seconds in which requests may fail when it is replaced: %s", (_, resource, bound) => {
  expect(exceptionForResource(resource)?.bound).toBe(bound);
});

test.each([
  ["loadBalancers.max", 10],
  ["network.subnet", 60],
  ["services.<name>.env", undefined],
])("%s may cost requests for so many seconds: %s", (key, bound) => {
  expect(exceptionForKey(key)?.bound).toBe(bound);
});
