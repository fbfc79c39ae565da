import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from "yaml";
import type { Path } from "../../config/faults.ts";
import type { ComposeFault } from "./faults.ts";
import type { Places } from "./places.ts";

/** Most characters of a file. */
const LARGEST = 2 ** 20;
/** Most values that a file may have with all of its aliases written out: a hundred times what a large one has. */
const MOST_VALUES = 200_000;
/** Most maps and lists within each other. */
const DEEPEST = 200;
const tooDeep = `must not nest deeper than ${DEEPEST} maps and lists`;

/** Makes a text of one in the file, in which variables are not yet replaced. */
export type Texts = (text: string, line: number, path: Path) => string;

/** What a file has in it: plain values, or all that is wrong with it. Anchors, aliases and merge keys are resolved. */
export type Read = { readonly value: unknown } | { readonly faults: readonly ComposeFault[] };

/** Reads YAML. Of what would fill the memory when it is written out, nothing is. */
export function readDocument(file: string, text: string, places: Places, texts: Texts): Read {
  const whole = (message: string, line = 1): Read => ({ faults: [{ file, line, path: [], message }] });
  if (text.length > LARGEST) return whole(`must have at most ${LARGEST / 2 ** 20} MiB`);
  const deep = tooDeepAt(text);
  if (deep !== undefined) return whole(tooDeep, deep);
  const lines = new LineCounter();
  // Whether keys are unique, the library finds out by comparing each with all others: see mapOf.
  const options = { lineCounter: lines, logLevel: "error", prettyErrors: false, uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const broken = [...document.errors, ...document.warnings].map(({ message, pos, code }): ComposeFault => {
    const line = lines.linePos(pos[0]).line || 1;
    if (code === "TAG_RESOLVE_FAILED") return { file, line, path: [], message: tagMessage(message) };
    const isDeep = message.startsWith("Maximum call stack");
    return { file, line, path: [], message: isDeep ? tooDeep : (message.split("\n")[0] ?? "") };
  });
  if (broken.length > 0) return { faults: broken };
  try {
    const reader = new Reader(file, lines, places, texts);
    reader.weigh(document.contents);
    // What an alias stands for must be known before anything is written out.
    const value = reader.faults.length > 0 ? undefined : reader.valueOf(document.contents, []);
    return reader.faults.length > 0 ? { faults: reader.faults } : { value };
  } catch (error) {
    if (error instanceof Refusal) return whole(error.message, error.line);
    if (error instanceof RangeError) return whole(tooDeep);
    throw error;
  }
}

/** `!reset` and `!override` say how one file changes another. */
function tagMessage(message: string): string {
  const [, tag = "this tag"] = /(!\S+)/.exec(message) ?? [];
  return `must have no tag ${tag.replace(/^!<?|>$/g, "!").replace(/^!!/, "!")}: write down what is meant`;
}

/** Line of brackets that are too deep for a reader that goes into each: the parser would take its time to find that out. */
function tooDeepAt(text: string): number | undefined {
  let run = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // One that follows a letter opens nothing, such as that of a colour: "\e[31m".
    if ((code === 0x5b || code === 0x7b) && /[\s[{,:]/.test(text[at - 1] ?? " ")) run++;
    else if (code === 0x5d || code === 0x7d) run = Math.max(0, run - 1);
    if (run > DEEPEST) return text.slice(0, at).split("\n").length;
  }
  // Lists within lists on one line: "- - - -", and keys without end: "? ? ? ?".
  const dashes = new RegExp(`^.*(?:[-?] +){${DEEPEST},}`, "m").exec(text);
  return dashes ? text.slice(0, dashes.index).split("\n").length : undefined;
}

class Refusal extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

class Reader {
  readonly faults: ComposeFault[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #places: Places;
  readonly #texts: Texts;
  readonly #anchors = new Map<string, unknown>();
  readonly #meant = new Map<Alias, unknown>();
  readonly #weights = new Map<unknown, number>();
  readonly #open = new Set<unknown>();

  constructor(file: string, lines: LineCounter, places: Places, texts: Texts) {
    this.#file = file;
    this.#lines = lines;
    this.#places = places;
    this.#texts = texts;
  }

  /** How many values something has when aliases are written out; each place in the file is looked at but once. */
  weigh(node: unknown, depth = 0): number {
    if (depth > DEEPEST) throw new Refusal(tooDeep, this.#lineOf(node));
    if (isAlias(node)) {
      const meant = this.#meant.get(node) ?? this.#anchors.get(node.source);
      this.#meant.set(node, meant);
      if (meant === undefined || this.#open.has(meant)) {
        const where = meant ? "inside of what it stands for" : "before its anchor";
        this.#fault(`must not have an alias *${node.source} ${where}`, this.#lineOf(node));
      }
      return this.#weights.get(meant) ?? 1;
    }
    if (isNode(node) && "anchor" in node && node.anchor) this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    let weight = 1;
    const parts = isMap(node) || isSeq(node) ? node.items : isPair(node) ? [node.key, node.value] : [];
    for (const part of parts) weight += this.weigh(part, isPair(node) ? depth : depth + 1);
    this.#open.delete(node);
    this.#weights.set(node, weight);
    if (weight > MOST_VALUES)
      throw new Refusal(
        `must not come to more than ${MOST_VALUES} values with its aliases written out`,
        this.#lineOf(node),
      );
    return weight;
  }

  valueOf(node: unknown, path: Path): unknown {
    if (isAlias(node)) return this.valueOf(this.#meant.get(node), path);
    if (isMap(node)) return this.#mapOf(node.items, path);
    if (isSeq(node)) {
      const list = node.items.map((item, index) => this.valueOf(item, [...path, index]));
      node.items.forEach((item, index) => {
        this.#places.put(list, index, { file: this.#file, line: this.#lineOf(item) });
      });
      return list;
    }
    if (!isScalar(node)) return null;
    if (typeof node.value === "string") return this.#texts(node.value, this.#lineOf(node), path);
    if (typeof node.value === "number" && node.source !== undefined) return numberOf(node.value, node.source);
    return node.value;
  }

  /** Keys of the map itself go before those that are merged into it, and of these the first ones. */
  #mapOf(pairs: readonly { key: unknown; value: unknown }[], path: Path): Record<string, unknown> {
    const own = new Map<string, [value: unknown, line: number]>();
    const merged: unknown[] = [];
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : undefined;
      const line = this.#lineOf(key);
      if (name === undefined) {
        this.#fault("must have plain texts as keys", line);
        continue;
      }
      if (name === "<<" && isScalar(key) && key.type === "PLAIN")
        merged.push(...this.#mergedBy(value, path, line));
      else if (own.has(name)) this.#fault(`must not have the key ${name} twice in one map`, line);
      else own.set(name, [this.valueOf(value, [...path, name]), line]);
    }
    const all = Object.fromEntries([...own].map(([name, [value]]) => [name, value]));
    for (const map of merged as Record<string, unknown>[])
      for (const [name, value] of Object.entries(map)) {
        if (Object.hasOwn(all, name)) continue;
        Object.defineProperty(all, name, { value, enumerable: true, writable: true, configurable: true });
        this.#places.put(all, name, this.#places.at(map, name) ?? { file: this.#file, line: 1 });
      }
    for (const [name, [, line]] of own) this.#places.put(all, name, { file: this.#file, line });
    return all;
  }

  #mergedBy(value: unknown, path: Path, line: number): unknown[] {
    const meant = this.valueOf(value, path);
    const maps = Array.isArray(meant) ? meant : [meant];
    const good = maps.filter((map) => typeof map === "object" && map !== null && !Array.isArray(map));
    if (good.length < maps.length)
      this.#fault("must have a map, or a list of maps, beside the merge key <<", line);
    return good;
  }

  #fault(message: string, line: number): void {
    this.faults.push({ file: this.#file, line, path: [], message });
  }

  #lineOf(node: unknown): number {
    const [start] = (isNode(node) && node.range) || [undefined];
    if (start !== undefined) return this.#lines.linePos(start).line || 1;
    return isPair(node) ? this.#lineOf(node.key) : 1;
  }
}

/** As Compose reads it: with a zero in front it is octal. What JavaScript can't hold stays a text. */
function numberOf(value: number, source: string): number | string {
  if (/^[-+]?0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
  return /^[-+]?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;
}
