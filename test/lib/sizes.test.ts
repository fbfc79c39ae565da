import { sizeOf } from "../../lib/sizes.ts";

test.each([
  [0, "0 B"],
  [1, "1 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [10 * 1024, "10 KiB"],
  [2 ** 20, "1.0 MiB"],
  [15.6 * 2 ** 20, "16 MiB"],
  [2 ** 30 * 2.25, "2.3 GiB"],
  [2 ** 40, "1.0 TiB"],
  [2 ** 50, "1.0 PiB"],
  [2 ** 60, "1024 PiB"],
])("%d bytes: %s", (bytes, text) => {
  expect(sizeOf(bytes)).toBe(text);
});
