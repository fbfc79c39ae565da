import { mapLeaves } from "./leaves.ts";
import { isVariable } from "./places.ts";

/**
 * Values from the texts in which Pulumi hands them over: structured ones arrive as JSON; what is none is left for the
 * shapes to complain about. A number that is to be a variable stays the text that it is, since JavaScript's numbers
 * hold no more than some 15 digits.
 */
export function decode(config: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([section, text]) => [
      section,
      mapLeaves(
        parse(text),
        ({ path, value }) => {
          if (!(value instanceof Numeral)) return value;
          return isVariable(path) ? value.text : Number(value.text);
        },
        [section],
      ),
    ]),
  );
}

/** A number as it is written. */
class Numeral {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" ? new Numeral(context?.source ?? String(value)) : value,
    );
  } catch {
    return text;
  }
}
