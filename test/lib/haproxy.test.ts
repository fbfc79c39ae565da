import fc from "fast-check";
import { routesBackend, serviceBackend, time, word } from "../../lib/haproxy.ts";

/** What HAProxy makes of a line outside of quotes: words apart by spaces, a backslash before what is to be itself. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let now = "";
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (character === "#") break;
    if (character === '"' || character === "'") throw new Error("a quote is opened");
    if (character === " ") {
      words.push(now);
      now = "";
    } else now += character === "\\" ? line[++at] : character;
  }
  return [...words, now];
}

test("whatever a text is, HAProxy reads it as one word, and as itself", () => {
  const printable = fc
    .string({
      unit: fc.oneof(fc.constantFrom(..."\\\"'# {}$%;-"), fc.string({ minLength: 1, maxLength: 1 })),
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .filter((text) => text !== "" && !/[\0-\x1f\x7f]/.test(text));
  fc.assert(
    fc.property(printable, (text) =>
      expect(wordsOf(`before ${word(text)} after`)).toStrictEqual(["before", text, "after"]),
    ),
  );
});

test.each(["", "a\nb", "a\0", "\x7f"])("%j is no word", (text) => {
  expect(() => word(text)).toThrow("no word for HAProxy");
});

test.each([
  [60, "60000ms"],
  [0.25, "250ms"],
  [1.2345, "1235ms"],
])("%d s", (seconds, told) => {
  expect(time(seconds)).toBe(told);
});

test("no service's name makes a name of ours", () => {
  expect(serviceBackend("web")).toBe("service.web");
  expect(["nobody", "all", "maintenance-web", "routes-0"].map(serviceBackend)).not.toContain("own.nobody");
});

test("a balancer shows a routing table by a name that no other table has", () => {
  expect(routesBackend("{}")).toMatch(/^routes\.[0-9a-f]{12}$/);
  expect(routesBackend("{}")).toBe(routesBackend("{}"));
  expect(routesBackend("[]")).not.toBe(routesBackend("{}"));
});
