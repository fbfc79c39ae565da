import { isKey } from "../../config/formats.ts";
import { reserved } from "../../config/rules/services.ts";

/** Longest name of a container without its random suffix, and what stands in it beside stack and service. */
const [MOST, BESIDE] = [55, "----local--500".length];

/** A text as the name of a stack or service, as near as can be: lower-case letters, digits and single dashes. */
export function keyLike(text: string, most = 24): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, most)
    .replace(/-+$/, "");
  return plain === "" ? "app" : plain;
}

/** Names that services get, no two the same, by those that they have. */
export function serviceKeys(names: readonly string[], stack: string): Map<string, string> {
  const most = Math.max(8, Math.min(24, MOST - BESIDE - stack.length));
  const isGood = (name: string) => isKey(name) && name.length <= most && !reserved.includes(name);
  const taken = new Set(names.filter(isGood));
  return new Map(
    names.map((name) => {
      if (isGood(name)) return [name, name];
      const plain = keyLike(name, most);
      const ends = ["", "-app", ...Array.from({ length: names.length + 1 }, (_, index) => `-${index + 2}`)];
      const key = ends
        .map((end) => `${plain.slice(0, most - end.length).replace(/-+$/, "")}${end}`)
        .find((one) => isGood(one) && !taken.has(one));
      taken.add(key ?? name);
      return [name, key ?? name];
    }),
  );
}
