import { parse, quote } from "shell-quote";

/** A command's words, and from where on Compose drops the rest. */
export interface Words {
  readonly words: readonly string[];
  /** `&&`, `|` and the like, which only a shell understands: Compose takes what stands before. */
  readonly cutAt?: string;
}

/** Stands for a dollar while words are split, since variables are the shell's in the container. */
const DOLLAR = "\uE000";

/** Splits a command as Compose does: by the shell's quotes, but without a shell. */
export function splitWords(text: string): Words {
  const words: string[] = [];
  for (const part of parse(text.replaceAll("$", DOLLAR))) {
    const plain = (text: string) => text.replaceAll(DOLLAR, "$");
    if (typeof part === "string") words.push(plain(part));
    else if ("comment" in part) words.push(...`#${plain(part.comment)}`.split(/\s+/));
    else if (part.op === "glob") words.push(plain(part.pattern));
    else return { words, cutAt: part.op };
  }
  return { words };
}

/** Options whose value is a secret. */
const secretOption =
  /^--?[\w-]*(?:pass|password|passwd|requirepass|secret|token|api-?key|credential)[\w-]*$/i;

/** Words, in which some have secrets. */
export interface Exposed {
  /** A line for a shell that has the secrets as variables. */
  readonly line: string;
  /** The variables, beside those that are there already. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Names of all that the line asks for. */
  readonly names: readonly string[];
}

/**
 * What a shell would be told, so that secrets need not stand in a command for all to read; undefined where there are none. They
 * are known by the variables that they came from, or by the option that they are the value of.
 */
export function withoutSecrets(
  words: readonly string[],
  known: ReadonlyMap<string, string>,
): Exposed | undefined {
  const secrets: Record<string, string> = {};
  const names = new Set<string>();
  const nameOf = (value: string): string => {
    const [name] = [...known].find(([, one]) => one === value) ?? [];
    const given = name ?? `COMMAND_SECRET_${Object.keys(secrets).length + 1}`;
    secrets[given] = value;
    names.add(given);
    return given;
  };
  const parts = words.map((word, index) => {
    const [, option = "", value = ""] = /^(--?[\w-]+)=(.+)$/.exec(word) ?? [];
    const before = words[index - 1] ?? "";
    if (secretOption.test(option)) return `${option}="$${nameOf(value)}"`;
    if (secretOption.test(before) && word !== "" && !word.startsWith("-") && !word.startsWith("$"))
      return `"$${nameOf(word)}"`;
    const [name, hidden] =
      [...known]
        .filter(([, value]) => value.length >= 4 && word.includes(value))
        .sort((a, b) => b[1].length - a[1].length)[0] ?? [];
    if (name === undefined || hidden === undefined) return quote([word]);
    nameOf(hidden);
    return word
      .split(hidden)
      .map((part) => (part === "" ? "" : quote([part])))
      .join(`"$${name}"`);
  });
  return names.size === 0 ? undefined : { line: parts.join(" "), secrets, names: [...names] };
}
