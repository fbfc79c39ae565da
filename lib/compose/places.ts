import type { Path } from "../../config/faults.ts";
import type { Place } from "./faults.ts";

/** Where the values of compose files stand, also when they have been merged with others. */
export class Places {
  readonly #of = new WeakMap<object, Map<string, Place>>();

  put(parent: object, key: string | number, place: Place): void {
    const all = this.#of.get(parent) ?? new Map<string, Place>();
    this.#of.set(parent, all.set(String(key), place));
  }

  at(parent: unknown, key: string | number): Place | undefined {
    return typeof parent === "object" && parent !== null ? this.#of.get(parent)?.get(String(key)) : undefined;
  }

  /** Place of a value; of the nearest one around it where that has none of its own. */
  find(root: unknown, path: Path, file: string): Place {
    let found: Place = { file, line: 1 };
    let value = root;
    for (const step of path) {
      found = this.at(value, step) ?? found;
      value =
        typeof value === "object" && value !== null
          ? (value as Record<string | number, unknown>)[step]
          : undefined;
    }
    return found;
  }

  /** Gives a map or list that was made of another one the places of that, where it has none. */
  inherit(to: object, from: object): void {
    for (const [key, place] of this.#of.get(from) ?? []) if (!this.at(to, key)) this.put(to, key, place);
  }
}
