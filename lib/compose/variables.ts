/** Value of a variable; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A variable that a text asks for. */
export interface Use {
  readonly name: string;
  /** What stands in its place. */
  readonly value: string;
  /** It is not set, and the text says nothing for that: Compose takes it as empty. */
  readonly isMissing: boolean;
}

/** A text in which variables are replaced. */
export interface Interpolated {
  readonly text: string;
  readonly uses: readonly Use[];
  /** What is wrong with it, in words that a place can stand before. */
  readonly faults: readonly string[];
}

/** Replaces variables as Compose does: `$NAME`, `${NAME}`, with `:-`, `-`, `:?`, `?`, `:+` and `+`; `$$` is a dollar. */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  const uses: Use[] = [];
  const faults: string[] = [];
  const within = (part: string): string => {
    const inner = interpolate(part, lookup);
    uses.push(...inner.uses);
    faults.push(...inner.faults);
    return inner.text;
  };
  let out = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) break;
    out += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    const [name] = /^[A-Za-z_]\w*/.exec(rest) ?? [];
    if (rest.startsWith("$")) {
      out += "$";
      at = dollar + 2;
    } else if (name !== undefined) {
      out += plain(name);
      at = dollar + 1 + name.length;
    } else if (rest.startsWith("{")) {
      const end = endOf(text, dollar + 2);
      const inside = text.slice(dollar + 2, end);
      const [, braced, operator = "", word = ""] = /^([A-Za-z_]\w*)(:?[-?+])?([\s\S]*)$/.exec(inside) ?? [];
      if (end === undefined || braced === undefined || (operator === "" && word !== "")) {
        faults.push(
          `must have a variable as \${NAME}, or with a default as \${NAME:-default}; $$ is a dollar`,
        );
        return { text, uses, faults };
      }
      out += operator === "" ? plain(braced) : withWord(braced, operator, word);
      at = end + 1;
    } else {
      out += "$";
      at = dollar + 1;
    }
  }
  return { text: out + text.slice(at), uses, faults };

  function plain(name: string): string {
    const value = lookup(name);
    uses.push({ name, value: value ?? "", isMissing: value === undefined });
    return value ?? "";
  }

  function withWord(name: string, operator: string, word: string): string {
    const value = lookup(name);
    const isThere = value !== undefined && (value !== "" || !operator.startsWith(":"));
    if (operator.endsWith("+")) return isThere ? within(word) : "";
    if (operator.endsWith("?") && !isThere) {
      faults.push(`must be given the variable ${name}${word ? ` (${within(word)})` : ""}`);
      return "";
    }
    const text = isThere ? value : within(word);
    uses.push({ name, value: text, isMissing: false });
    return text;
  }
}

/** Index of the brace that closes the one before `start`; braces of variables within count. */
function endOf(text: string, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith("${", at)) depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return undefined;
}
