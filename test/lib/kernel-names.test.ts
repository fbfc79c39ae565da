import { capabilities, ulimits } from "../../lib/kernel-names.ts";

test.each([
  // Numbers 0 to 40.
  ["capabilities", capabilities, 41],
  ["limits", ulimits, 15],
])("all %s, each once", (_, names, count) => {
  expect(new Set(names).size).toBe(count);
  expect(names).toHaveLength(count);
});
