import { shortened } from "../../runtime/say.ts";

test("what is short enough is left as it is", () => {
  expect(shortened("one\ntwo\n")).toBe("one\ntwo\n");
  expect(shortened("x".repeat(4000))).toBe("x".repeat(4000));
});

test("a line is cut at 4,000 characters, and says so", () => {
  const long = shortened(`before\n${"x".repeat(100_000)}\nafter`);
  expect(long).toBe(`before\n${"x".repeat(4000)} … (96000 characters more)\nafter`);
});

test("a text is cut at 200,000 characters", () => {
  const lines = Array(100).fill("y".repeat(4000)).join("\n");
  expect(shortened(lines)).toBe(`${lines.slice(0, 200_000)} … (200099 characters more)`);
});
