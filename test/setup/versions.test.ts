import { serves } from "../../setup/versions.ts";

test.each([
  ["3.259.0", true],
  ["v3.259.0\n", true],
  ["3.259.1", true],
  ["3.300.0", true],
  ["3.259.0-dev.1", true],
  ["3.258.9", false],
  ["3.99.0", false],
  ["4.0.0", false],
  ["2.300.0", false],
  ["", false],
  ["broken", false],
])("%j serves where 3.259.0 is wanted: %s", (version, expected) => {
  expect(serves(version, "3.259.0")).toBe(expected);
});
