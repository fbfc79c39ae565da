import { historyKey, timeline, versionOf, withVersion } from "../../lib/history.ts";

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

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`;
const versions = (...list: [image: string, minute: number][]) =>
  list.map(([image, minute]) => ({ image, since: at(minute) }));

test.each([
  ["nothing", [], []],
  ["one version", [versions(["a", 1])], [{ image: "a", since: at(1) }]],
  [
    "there and back",
    [versions(["a", 3], ["b", 2], ["a", 1])],
    [
      { image: "a", since: at(3) },
      { image: "b", since: at(2), until: at(3) },
      { image: "a", since: at(1), until: at(2) },
    ],
  ],
  [
    "two hosts, one of which left a version out",
    [versions(["c", 20], ["b", 10], ["a", 1]), versions(["c", 21], ["a", 2])],
    [
      { image: "c", since: at(20) },
      { image: "b", since: at(10), until: at(20) },
      { image: "a", since: at(1), until: at(10) },
    ],
  ],
])("the time of %s", (_, histories, spans) => {
  expect(timeline(histories)).toStrictEqual(spans);
});

test.each([
  ["flotilla/dev-web:0123456789ab", "0123456789ab"],
  ["registry.example.com:5000/team/dev-web:0123456789ab", "0123456789ab"],
  ["nginx:1.29", undefined],
  ["example/other-dev-web:1", undefined],
  ["registry.example.com:5000/nginx", undefined],
])("%s is version %j", (image, version) => {
  expect(versionOf(image, "dev-web")).toBe(version);
});
