import { readDocument } from "../../../lib/compose/document.ts";
import { Places } from "../../../lib/compose/places.ts";

const read = (text: string) => readDocument("c.yaml", text, new Places(), (text) => text);
const tooDeep = "must not nest deeper than 200 maps and lists";
const tooMany = "must not come to more than 200000 values with its aliases written out";

test.each<[string, string, unknown]>([
  ["anchors and aliases", "a: &x [1]\nb: *x", { a: [1], b: [1] }],
  [
    "a merge key, which goes after the map's own",
    "a: &x {k: 1, l: 2}\nb: {l: 3, <<: *x}",
    { a: { k: 1, l: 2 }, b: { k: 1, l: 3 } },
  ],
  [
    "several merged maps, the first first",
    "a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc: {<<: [*x, *y]}",
    { a: { k: 1 }, b: { k: 2, l: 2 }, c: { k: 1, l: 2 } },
  ],
  [
    "maps merged into maps that are merged",
    "a: &x {k: 1}\nb: &y {<<: *x, l: 1}\nc: {<<: *y}",
    { a: { k: 1 }, b: { k: 1, l: 1 }, c: { k: 1, l: 1 } },
  ],
  ["an anchor that is set anew", "a: &x 1\nb: *x\nc: &x 2\nd: *x", { a: 1, b: 1, c: 2, d: 2 }],
  ["a merge key in quotes, which is none", 'a: {"<<": 1}', { a: { "<<": 1 } }],
  [
    "numbers",
    "a: [010, 1e3, 0x10, 1.10, 12345678901234567890]",
    { a: [8, 1000, 16, 1.1, "12345678901234567890"] },
  ],
  [
    "words that YAML 1.1 takes for booleans",
    "a: [yes, no, on, off, true]",
    { a: ["yes", "no", "on", "off", true] },
  ],
  ["keys that are numbers", "80: a", { "80": "a" }],
  ["nothing", "", null],
  ["colours, which open no list", `a: "${"\\\\e[31m".repeat(300)}"`, { a: "\\e[31m".repeat(300) }],
])("reads %s", (_, text, value) => {
  expect(read(text)).toStrictEqual({ value });
});

test("a key named __proto__ is a key", () => {
  const { value } = read("a: {__proto__: {b: 1}}") as { value: { a: object } };
  expect(Object.keys(value.a)).toStrictEqual(["__proto__"]);
});

const bomb = (wide: number, part: (name: string) => string) =>
  Array.from("bcdefghijklmnopqrstuvwxyz", (name, index) => {
    const before = "abcdefghijklmnopqrstuvwxyz"[index] ?? "";
    return `${name}: &${name} [${Array(wide).fill(part(before)).join(",")}]`;
  }).join("\n");

test.each<[string, string, number, string]>([
  ["syntax", "a: [1", 1, "Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ["a key twice", "a: {k: 1}\nb:\n  k: 1\n  k: 2", 4, "must not have the key k twice in one map"],
  ["a tag", "a: !reset null", 1, "must have no tag !reset: write down what is meant"],
  ["an alias without an anchor", "a: 1\nb: *x", 2, "must not have an alias *x before its anchor"],
  [
    "an alias of what is around it",
    "a: &x\n  b: *x",
    2,
    "must not have an alias *x inside of what it stands for",
  ],
  [
    "a merge key with no map",
    "a: &x 1\nb: {<<: *x}",
    2,
    "must have a map, or a list of maps, beside the merge key <<",
  ],
  ["a list as a key", "? [a]\n: 1", 1, "must have plain texts as keys"],
  [
    "several documents",
    "a: 1\n---\nb: 1",
    2,
    "Source contains multiple documents; please use YAML.parseAllDocuments()",
  ],
  ["a bomb", `a: &a [1,1,1,1,1,1,1,1,1]\n${bomb(9, (name) => `*${name}`)}`, 6, tooMany],
  [
    "a bomb of merge keys",
    `a: &a {k: 1}\n${bomb(1, (name) => `{<<: [*${name}, *${name}]}`).replace(/\[(\{.*\})\]/g, "$1")}`,
    18,
    tooMany,
  ],
  ["a file of 2 MiB", `a: ${"x".repeat(2 ** 21)}`, 1, "must have at most 1 MiB"],
  ["lists without end", `a: ${"[".repeat(900_000)}`, 1, tooDeep],
  ["lists on one line", "- ".repeat(400_000), 1, tooDeep],
  ["keys on one line", "? ".repeat(400_000), 1, tooDeep],
  [
    "maps without end",
    Array.from({ length: 1400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
    1,
    tooDeep,
  ],
])("refuses %s, within a second", (_, text, line, message) => {
  const before = process.cpuUsage();
  const { faults } = read(text) as unknown as { faults: { line: number; message: string }[] };
  // Of a processor: others may have it for a while.
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  expect(faults[0]?.message).toBe(message);
  if (text.length < 100) expect(faults[0]?.line).toBe(line);
});

test("tells of all that is wrong at once", () => {
  const { faults } = read("a: {k: 1, k: 2}\nb: {<<: 1}\nc: {[d]: 1}") as unknown as {
    faults: { line: number }[];
  };
  expect(faults.map(({ line }) => line)).toStrictEqual([1, 2, 3]);
});

test("tells where everything stands, also what is merged", () => {
  const places = new Places();
  const text = "x: &x\n  image: a\nservices:\n  web:\n    <<: *x\n    ports:\n      - 80\n      - 81\n";
  const { value } = readDocument("c.yaml", text, places, (text) => text) as { value: unknown };
  const line = (...path: (string | number)[]) => places.find(value, path, "c.yaml").line;
  expect(line("services", "web", "image")).toBe(2);
  expect(line("services", "web", "ports", 1)).toBe(8);
  expect(line("services", "web", "nothing")).toBe(4);
});
