import type { HealthSettings } from "../config/settings.ts";

/** A check of what a server that speaks TCP says. */
export interface Exchange {
  /** What it is told first, bytes in hexadecimal; empty where it is the server that begins. */
  readonly send: string;
  /** An extended regular expression that its answer must match, in hexadecimal of capitals. */
  readonly expect: string;
}

/** Types of checks that are exchanges in a protocol of its own. */
export type ExchangeType = "redis" | "postgres" | "mysql";

const hex = (text: string | Buffer) => Buffer.from(text).toString("hex").toUpperCase();

/** A new connection's first message: its length, version 3.0, and for whom. No password follows, so that the user need not exist. */
function postgresStartup(user: string): string {
  const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`user\0${user}\0\0`)]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return hex(Buffer.concat([length, body]));
}

const known: Readonly<Record<ExchangeType, Exchange>> = {
  // One that wants a password first is well, too; one that is still reading its data says "-LOADING".
  redis: { send: hex("PING\r\n"), expect: `^(${hex("+PONG")}|${hex("-NOAUTH")})` },
  // It asks for a password, or is content; one that is starting or shutting down has an error to tell ("E").
  postgres: { send: postgresStartup("flotilla"), expect: `^${hex("R")}` },
  // After a header of four bytes the greeting, of protocol 10; one that takes nobody has an error instead (FF).
  mysql: { send: "", expect: "^.{8}0A" },
};

/** The exchange that a health check is; undefined where it is none. */
export function exchangeOf({
  type,
  send = "",
  expect,
}: Pick<HealthSettings, "type" | "send" | "expect">): Exchange | undefined {
  if (type in known) return known[type as ExchangeType];
  if (expect === undefined) return undefined;
  // Wherever it stands, but from a whole byte on.
  return { send: hex(unescaped(send) ?? ""), expect: `^(..)*${hex(unescaped(expect) ?? "")}` };
}

const escapes: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };

/** A text's bytes, in which `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` stand for others; undefined where a `\` stands for nothing. */
export function unescaped(text: string): Buffer | undefined {
  const parts: string[] = text.match(/\\x[0-9A-Fa-f]{2}|\\[rnt0\\]|[^\\]+|\\/gu) ?? [];
  if (parts.includes("\\")) return undefined;
  return Buffer.concat(
    parts.map((part) => {
      if (part.startsWith("\\x")) return Buffer.from(part.slice(2), "hex");
      return Buffer.from(part.startsWith("\\") ? (escapes[part.slice(1)] ?? "") : part);
    }),
  );
}
