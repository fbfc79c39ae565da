import { sizeFault } from "../../config/size.ts";
import { fileWith } from "../support/stack-file.ts";

const fileOf = (text: string, encrypted = false) => {
  const secure = `v1:nonce:${Buffer.alloc(text.length + 16).toString("base64")}`;
  return `config:\n  flotilla:s:\n    env:\n      A: ${encrypted ? `{ secure: "${secure}" }` : JSON.stringify(text)}\n`;
};

/** Found by trying: the longest with which Pulumi starts a program whose project has no config of its own. */
test.each([
  ["a", 131_011],
  ["&", 18_715],
])("of %j as many as Linux takes, less 128 bytes for the project's", (character, most) => {
  const bytes = character === "a" ? 1 : 7;
  const fit = most - Math.ceil(128 / bytes);
  expect(sizeFault("dev", fileOf(character.repeat(fit)))).toBeUndefined();
  expect(sizeFault("dev", fileOf(character.repeat(fit + 2)))).toMatch(/comes to 129 KiB/);
});

test("a secret counts by its own length", () => {
  expect(sizeFault("dev", fileOf("a".repeat(130_000), true))).toBeUndefined();
  expect(sizeFault("dev", fileOf("a".repeat(131_000), true))).toMatch(/The longest value, of 128 KiB/);
});

test("the message names the longest value, and does not show it", () => {
  const services = { web: { env: { A: "hunter2".repeat(10_000), B: "hunter2".repeat(20_000) } } };
  expect(
    sizeFault(
      "dev",
      fileWith({ protect: true, services }, () => false),
    ),
  ).toBe(
    "The config of stack dev comes to 206 KiB as Pulumi hands it to the program, and Linux takes no more than 128 KiB at once. The longest value, of 137 KiB, is flotilla:services.web.env.B: put what is so long into the image or a volume.",
  );
});

test.each(["", "encryptionsalt: v1:a\n", "config:\n  flotilla:protect: true\n"])(
  "nothing is wrong with %j",
  (file) => {
    expect(sizeFault("dev", file)).toBeUndefined();
  },
);
