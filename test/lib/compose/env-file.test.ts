// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so Compose writes variables
import { parseEnvFile } from "../../../lib/compose/env-file.ts";

const of = (text: string, raw = false) => {
  const { values, faults } = parseEnvFile(text, (name) => ({ OUTER: "o" })[name], raw);
  return { ...Object.fromEntries(values), faults };
};

test.each<[string, string, Record<string, string>]>([
  [
    "plain values",
    "A=1\n\n# no\nB = two words \nexport C=3\nD: 4",
    { A: "1", B: "two words", C: "3", D: "4" },
  ],
  ["comments behind values", "A=1 # one\nB=a#b\nC=", { A: "1", B: "a#b", C: "" }],
  ["quotes", `A="a # b\\n\\"c\\""\nB='$A \\n'`, { A: 'a # b\n"c"', B: "$A \\n" }],
  ["several lines in quotes", 'A="one\ntwo"\nB=1', { A: "one\ntwo", B: "1" }],
  ["variables, those before too", "A=1\nB=$A-${OUTER}-${NONE:-x}\nC=$$A", { A: "1", B: "1-o-x", C: "$A" }],
  ["names alone", "OUTER\nNONE", { OUTER: "o" }],
  ["lines as Windows ends them", "A=1\r\nB=2\r\n", { A: "1", B: "2" }],
])("reads %s", (_, text, values) => {
  expect(of(text)).toStrictEqual({ ...values, faults: [] });
});

test("raw ones stand as they are", () => {
  expect(of(`A="$B" # c`, true)).toStrictEqual({ A: `"$B" # c`, faults: [] });
});

test("tells of lines that can't be read", () => {
  expect(of('A=1\nno variable\nB=${C:?}\nD="x').faults).toStrictEqual([
    { line: 2, message: "must be NAME=value" },
    { line: 3, message: "must be given the variable C" },
    { line: 4, message: 'must end with a "' },
  ]);
});
