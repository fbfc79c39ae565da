// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so Compose writes variables
import { interpolate } from "../../../lib/compose/variables.ts";

const known: Record<string, string> = { A: "1", EMPTY: "", B: "2" };
const of = (text: string) => interpolate(text, (name) => known[name]);

test.each<[string, string]>([
  ["$A-${A}", "1-1"],
  ["$$A $${A} $5 a$", "$A ${A} $5 a$"],
  ["${MISSING}|$MISSING", "|"],
  ["${A:-x} ${EMPTY:-x} ${MISSING:-x}", "1 x x"],
  ["${A-x} ${EMPTY-x} ${MISSING-x}", "1  x"],
  ["${A:+x} ${EMPTY:+x} ${EMPTY+x} ${MISSING+x}", "x  x "],
  ["${A:?no} ${EMPTY?no}", "1 "],
  ["${MISSING:-${A}-${NONE:-$B}}", "1-2"],
  ["${MISSING:-http://a:1/{x}", "http://a:1/{x"],
  ["${MISSING:-a:b=c?d}", "a:b=c?d"],
  ["${MISSING:-}", ""],
])("%s is %s", (text, result) => {
  expect(of(text)).toMatchObject({ text: result, faults: [] });
});

test.each<[string, string]>([
  ["${MISSING:?say it}", "must be given the variable MISSING (say it)"],
  ["${EMPTY:?}", "must be given the variable EMPTY"],
  ["${MISSING?}", "must be given the variable MISSING"],
  ["${A", "must have a variable as ${NAME}, or with a default as ${NAME:-default}; $$ is a dollar"],
  ["${1A}", "must have a variable as ${NAME}, or with a default as ${NAME:-default}; $$ is a dollar"],
  ["${A!}", "must have a variable as ${NAME}, or with a default as ${NAME:-default}; $$ is a dollar"],
])("%s is at fault", (text, fault) => {
  expect(of(text).faults).toStrictEqual([fault]);
});

test("tells which variables are missing, and what the others have", () => {
  expect(of("$A ${MISSING} ${NONE:-x}").uses).toStrictEqual([
    { name: "A", value: "1", isMissing: false },
    { name: "MISSING", value: "", isMissing: true },
    { name: "NONE", value: "x", isMissing: false },
  ]);
});
