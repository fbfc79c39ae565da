import { parseMemory } from "../../config/memory.ts";

test.each([
  ["256m", 256],
  ["512M", 512],
  ["256MiB", 256],
  ["256mb", 256],
  ["1g", 1024],
  ["1.5g", 1536],
  ["2 GiB", 2048],
  ["1t", 1048576],
  ["6144k", 6],
  ["1k", 1],
  ["6145k", 7],
])("%s is %d MiB", (size, mebibytes) => {
  expect(parseMemory(size)).toBe(mebibytes);
});

test.each(["", "256", "m", "-1m", "1e3m", "1.m", ".5g", "256mm", "256ib", "256 m b", "1p", " 1m"])(
  "%j is no size",
  (size) => {
    expect(parseMemory(size)).toBeUndefined();
  },
);
