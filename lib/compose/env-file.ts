import { interpolate, type Lookup } from "./variables.ts";

/** What a file of variables has, such as `.env`. */
export interface EnvFile {
  readonly values: ReadonlyMap<string, string>;
  /** Lines that can't be read, with what is wrong. */
  readonly faults: readonly { readonly line: number; readonly message: string }[];
}

/**
 * Reads a file of variables as Compose does: comments, `export`, quotes, values over several lines in quotes; variables are
 * replaced but in single quotes. A name alone takes the value of the environment. With `raw` all stands as it is.
 */
export function parseEnvFile(text: string, lookup: Lookup, raw = false): EnvFile {
  const values = new Map<string, string>();
  const faults: { line: number; message: string }[] = [];
  const known: Lookup = (name) => values.get(name) ?? lookup(name);
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1;
    const line = (lines[index] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, sign, rest = ""] = /^(?:export\s+)?([\w.-]+)\s*(?:([=:])\s*([\s\S]*))?$/.exec(line) ?? [];
    if (name === undefined) {
      faults.push({ line: number, message: "must be NAME=value" });
      continue;
    }
    if (sign === undefined) {
      const value = lookup(name);
      if (value !== undefined) values.set(name, value);
      continue;
    }
    const [quote] = /^['"]/.exec(rest) ?? [];
    if (raw || quote === undefined) {
      const plain = raw ? rest : rest.replace(/(^|\s+)#.*$/, "").trim();
      values.set(name, raw ? plain : expanded(plain));
      continue;
    }
    let quoted = rest.slice(1);
    let end = closing(quoted, quote);
    while (end < 0 && index + 1 < lines.length) {
      quoted += `\n${lines[++index]}`;
      end = closing(quoted, quote);
    }
    if (end < 0) faults.push({ line: number, message: `must end with a ${quote}` });
    const inside = quoted.slice(0, end < 0 ? undefined : end);
    values.set(name, quote === "'" ? inside : expanded(unescaped(inside)));

    function expanded(part: string): string {
      const found = interpolate(part, known);
      faults.push(...found.faults.map((message) => ({ line: number, message })));
      return found.text;
    }
  }
  return { values, faults };
}

function closing(text: string, quote: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\" && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", $: "$$" };

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, one: string) => escapes[one] ?? one);
