import { diagnosticsOf } from "../../harness/diagnostics.ts";

test("of what Pulumi printed, what went wrong", () => {
  const output = [
    "Updating (dev):",
    " +  docker:index:Container web created",
    "Diagnostics:",
    "  docker:index:Volume (data):",
    "    error: it is in use",
    "",
    "Resources:",
    "    3 unchanged",
  ].join("\n");
  expect(diagnosticsOf(output)).toBe("docker:index:Volume (data):\n    error: it is in use");
});

test("what comes without diagnostics is told as it is", () => {
  expect(diagnosticsOf("error: no stack named dev\n")).toBe("error: no stack named dev");
});
