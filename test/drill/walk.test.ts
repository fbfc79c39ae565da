import { gist } from "../../drill/walk.ts";

test("of what Pulumi printed, what went wrong", () => {
  const output = [
    "pulumi up ended with code 1:",
    "Updating (dev):",
    " +  docker:index:Container web created",
    "Diagnostics:",
    "  docker:index:Volume (data):",
    "    error: it is in use",
    "",
    "Resources:",
    "    3 unchanged",
  ].join("\n");
  expect(gist(output)).toBe(
    "pulumi up ended with code 1:\ndocker:index:Volume (data):\n    error: it is in use",
  );
});

test("what is not Pulumi's is told as it is", () => {
  expect(gist("Not within 90 s: the stack is whole")).toBe("Not within 90 s: the stack is whole");
});
