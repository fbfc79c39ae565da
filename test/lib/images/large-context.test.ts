import type { ContextEntry } from "../../../lib/images/context.ts";
import { largeContext } from "../../../lib/images/large-context.ts";

const file = (path: string, size: number): ContextEntry => ({
  path,
  kind: "file",
  mode: 0o644,
  size,
  target: "",
  modified: new Date(0),
});

test("a large context is told with its largest files", () => {
  const entries = [file("a", 1e6), file("video.mp4", 150e6), file("b/dump.sql", 90e6), file("c", 2e6)];
  expect(largeContext("shop", entries)).toBe(
    "shop: 243 MB go into the build, most of it video.mp4 (150 MB), b/dump.sql (90 MB), c (2 MB). " +
      "What the image does not need belongs into .dockerignore.",
  );
});

test("one of 200 MB is nothing to talk about", () => {
  expect(largeContext("shop", [file("a", 200e6)])).toBeUndefined();
});
