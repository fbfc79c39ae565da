import { exchangeOf, unescaped } from "../../lib/exchange.ts";

test.each([
  ["PING\\r\\n", "50494e470d0a"],
  ["PING\r\n", "50494e470d0a"],
  [String.raw`\x00\xfF\0\t\\`, "00ff00095c"],
  ["é", "c3a9"],
  ["", ""],
])("%j is the bytes %s", (text, bytes) => {
  expect(unescaped(text)?.toString("hex")).toBe(bytes);
});

test.each(["\\", "a\\", "\\q", "\\x1", "\\xgg"])("%j is none", (text) => {
  expect(unescaped(text)).toBeUndefined();
});

/** What is made of what a server says. */
function passes(health: Parameters<typeof exchangeOf>[0], answer: string | Buffer): boolean {
  return new RegExp(exchangeOf(health)?.expect ?? "").test(Buffer.from(answer).toString("hex").toUpperCase());
}

test.each([
  ["+PONG\r\n", true],
  ["-NOAUTH Authentication required.\r\n", true],
  ["-LOADING Valkey is loading the dataset in memory\r\n", false],
  ["HTTP/1.1 400 Bad Request", false],
  ["", false],
])("Redis that says %j: %s", (answer, isWell) => {
  expect(passes({ type: "redis" }, answer)).toBe(isWell);
});

test.each([
  ["52000000080000000a", true],
  ["45000000", false],
])("PostgreSQL that says %s: %s", (answer, isWell) => {
  expect(passes({ type: "postgres" }, Buffer.from(answer, "hex"))).toBe(isWell);
  expect(exchangeOf({ type: "postgres" })?.send).toBe("00000017000300007573657200666C6F74696C6C610000");
});

test.each([
  ["6e0000000a31312e38", true],
  ["170000 00ff1004546f6f".replace(" ", ""), false],
])("MySQL that says %s: %s", (answer, isWell) => {
  expect(passes({ type: "mysql" }, Buffer.from(answer, "hex"))).toBe(isWell);
  expect(exchangeOf({ type: "mysql" })?.send).toBe("");
});

test("what is expected may stand anywhere, from a whole byte on", () => {
  const health = { type: "tcp", send: "HELO", expect: "\\x12\\x34" } as const;
  expect(passes(health, Buffer.from("ab123456", "hex"))).toBe(true);
  expect(passes(health, Buffer.from("a1234b", "hex"))).toBe(false);
  expect(exchangeOf(health)?.send).toBe("48454C4F");
});

test("a connection and a request are no exchanges", () => {
  expect([exchangeOf({ type: "tcp" }), exchangeOf({ type: "http" })]).toStrictEqual([undefined, undefined]);
});
