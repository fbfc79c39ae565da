import { historyKey, withVersion } from "../../lib/history.ts";

const version = (image: string) => ({ image, since: `when ${image} came` });

test("kept apart for each service and host", () => {
  expect(historyKey("web", "a")).toBe("flotilla/versions/web/a");
});

test.each([
  ["the first", [], "a", ["a"]],
  ["another", ["a"], "b", ["b", "a"]],
  ["the same", ["b", "a"], "b", ["b", "a"]],
  ["one from before", ["b", "a"], "a", ["a", "b", "a"]],
])("%s", (_, before, image, after) => {
  expect(withVersion(before.map(version), image, `when ${image} came`)).toStrictEqual(after.map(version));
});

test("the oldest is forgotten", () => {
  const before = Array.from({ length: 20 }, (_, index) => version(`v${index}`));
  const after = withVersion(before, "new", "now");
  expect(after).toHaveLength(20);
  expect(after.slice(0, 2)).toStrictEqual([{ image: "new", since: "now" }, version("v0")]);
});
