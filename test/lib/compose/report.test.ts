import type { Note } from "../../../lib/compose/notes.ts";
import { reportOf, summaryOf, wrapped } from "../../../lib/compose/report.ts";

const style = { bold: (text: string) => text, dim: (text: string) => text };
const long = "a reason of many words ".repeat(8).trim();
const notes: Note[] = [
  { group: "left", key: "version", text: "is old" },
  { group: "taken", service: "web", key: "image", text: "a" },
  { group: "taken", service: "web", key: "ports[0]", text: "80:80" },
  { group: "taken", service: "web", key: "init", text: "" },
  { group: "left", service: "web", key: "tty", text: long },
  { group: "left", service: "db", key: "tty", text: long },
];

test("tells in three groups, by service; what holds of several is told once", () => {
  expect(reportOf(notes, style).split("\n")).toStrictEqual([
    "Taken",
    "  web",
    "    image: a · ports: 80:80 · init",
    "",
    "Left out (3)",
    "  the file",
    "    version: is old",
    "  web and db",
    "    tty: a reason of many words a reason of many words a reason of many words a reason of many",
    "      words a reason of many words a reason of many words a reason of many words a reason of many",
    "      words",
    "",
  ]);
});

test("no line has more than 100 columns", () => {
  expect(wrapped(long.repeat(5), 6).every((line) => line.length <= 100)).toBe(true);
});

test("one line says it all", () => {
  expect(summaryOf(notes, { taken: ["web", "db"], all: 3 })).toBe(
    "2 of 3 services (web and db): 3 things taken, 0 changed in meaning, 3 left out",
  );
  const many = Array.from({ length: 12 }, (_, index) => `s${index}`);
  expect(summaryOf([], { taken: many, all: 12 })).toMatch(
    /^all 12 services \(s0, s1, s2, s3, s4, s5, s6, s7 and 4 more\): /,
  );
});
