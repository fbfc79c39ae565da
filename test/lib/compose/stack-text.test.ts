import { parse } from "yaml";
import { Secret } from "../../../lib/compose/service.ts";
import { secretsIn, sectionsOf, stackText } from "../../../lib/compose/stack-text.ts";

const services = { web: { env: { A: "1e3", B: "yes", C: "" }, secrets: { KEY: new Secret("hush") } } };

test("finds secrets, and writes them nowhere", () => {
  expect(secretsIn({ services })).toStrictEqual([
    { path: ["services", "web", "secrets", "KEY"], value: "hush" },
  ]);
  expect(stackText("", { services }, "encrypted")).not.toContain("hush");
  expect(parse(stackText("", { services }, "left out")).config).toStrictEqual({
    "flotilla:services": { web: { env: { A: "1e3", B: "yes", C: "" } } },
  });
});

test("puts in quotes what Pulumi would take for something else", () => {
  const text = stackText("", { services }, "left out", " From a.");
  expect(text).toBe(
    '# From a.\n\nconfig:\n  flotilla:services:\n    web:\n      env:\n        A: "1e3"\n        B: "yes"\n        C: ""\n',
  );
});

test("leaves what else the file says, its comments too", () => {
  const before =
    "# Mine.\nconfig:\n  # Here.\n  flotilla:hosts: { a: {} }\n  flotilla:network: { subnet: 10.0.0.0/24 }\n  flotilla:services: { old: {} }\nencryptionsalt: v1:x\n";
  const text = stackText(before, { network: { subnet: "172.28.0.0/24" }, services }, "left out");
  expect(text).toContain("# Mine.");
  expect(text).toContain("# Here.");
  expect(text).toContain("encryptionsalt: v1:x");
  expect(sectionsOf(text)).toMatchObject({ hosts: { a: {} }, network: { subnet: "10.0.0.0/24" } });
  expect(sectionsOf(text).services).not.toHaveProperty("old");
});
