import { z } from "zod";
import { isCText } from "./formats.ts";

/** A whole number within bounds. */
export function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.number(message).refine((n) => Number.isInteger(n) && n >= min && n <= max, message);
}

/** A number within bounds. */
export function decimal(min: number, max: number) {
  const message = `must be a number from ${min} to ${max}`;
  return z.number(message).refine((n) => n >= min && n <= max, message);
}

/** A text that passes a test; `allowed` says in words what the test wants. */
export function text(allowed: string, test: (value: string) => boolean) {
  const message = `must be ${allowed}`;
  return z.string(message).refine(test, message);
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(...words: T) {
  const all = words.map((word) => JSON.stringify(word));
  return z.enum(words, `must be ${[all.slice(0, -1).join(", "), ...all.slice(-1)].join(" or ")}`);
}

/** True or false. */
export function flag() {
  return z.boolean("must be true or false");
}

/** A map with fixed keys. */
export function shape<T extends z.ZodRawShape>(fields: T) {
  const keys = Object.keys(fields).join(", ");
  return z.strictObject(fields, {
    error: ({ code }) =>
      code === "unrecognized_keys"
        ? `is no known key; allowed here: ${keys}`
        : `must be a map (keys: ${keys})`,
  });
}

/** A map whose keys are names that the user chooses. */
export function mapOf<T extends z.ZodType>(value: T, of: string) {
  return z.record(z.string(), value, `must be a map of ${of}`);
}

/** A list. */
export function listOf<T extends z.ZodType>(value: T, of: string) {
  return z.array(value, `must be a list of ${of}`);
}

/** The environment of a process: the kernel takes any name without "=". */
export function environment() {
  return variables("at least one character, without = and NUL", /^[^=\0]+$/);
}

/** Arguments of a Dockerfile. */
export function buildArguments() {
  return variables("letters, digits and _, no digit first", /^[A-Za-z_][A-Za-z0-9_]*$/);
}

/** `pulumi config set --path` makes numbers and booleans of texts like them. */
function variables(allowed: string, names: RegExp) {
  const value = z
    .union([z.string(), z.number(), z.boolean()], "must be a text, a number, true or false")
    .transform(String)
    .refine(isCText, "must be a text without NUL characters");
  return z
    .record(z.string().regex(names), value, {
      error: ({ code }) =>
        code === "invalid_key" ? `must have names of ${allowed}` : "must be a map of names to values",
    })
    .default({});
}
