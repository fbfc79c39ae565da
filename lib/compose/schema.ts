import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { Path } from "../../config/faults.ts";
import { packageFolder } from "../package-folder.ts";

/** What a value breaks of the specification. */
export interface SchemaFault {
  readonly path: Path;
  readonly message: string;
}

let validate: ValidateFunction | undefined;

const schema = () =>
  JSON.parse(readFileSync(join(packageFolder, "lib/compose/specification/compose-spec.json"), "utf8"));

/** All keys that a service may have, those of its own (`x-`) aside. */
export function serviceKeys(): string[] {
  const { service, container_spec, workload_spec } = schema().$defs;
  return [container_spec, workload_spec, service].flatMap(({ properties }) => Object.keys(properties));
}

/** All keys of a service's `build`. */
export const buildKeys = (): string[] =>
  Object.keys(schema().$defs.workload_spec.properties.build.oneOf[1].properties);

/** All that is wrong with a compose file by the specification's own schema (compose-spec.json), each place once. */
export function schemaFaults(value: unknown): SchemaFault[] {
  validate ??= compiled();
  if (validate(value)) return [];
  const byPlace = new Map<string, { path: Path; errors: ErrorObject[] }>();
  const known = serviceKeys();
  for (const error of validate.errors ?? []) {
    const unknown = unknownKey(error);
    // Where a key of a service is at fault, those beside it count as unknown, too.
    if (error.keyword === "unevaluatedProperties" && known.includes(unknown ?? "")) continue;
    const path = pathOf(value, error.instancePath);
    const whole = unknown === undefined ? path : [...path, unknown];
    const key = JSON.stringify(whole);
    const there = byPlace.get(key) ?? { path: whole, errors: [] };
    there.errors.push(error);
    byPlace.set(key, there);
  }
  const all = [...byPlace.values()];
  // Of a choice, the deepest is what was meant: where a part is at fault, the whole is not told of as well.
  const isAbove = (a: Path, b: Path) => a.length < b.length && a.every((step, depth) => step === b[depth]);
  return all
    .filter(({ path }) => !all.some((other) => isAbove(path, other.path)))
    .map(({ path, errors }) => ({ path, message: messageOf(errors, path) }));
}

function compiled(): ValidateFunction {
  return new Ajv2020({ allErrors: true, strict: false, logger: false }).compile(schema());
}

/** Name of a key that nothing in the schema knows; one that belongs elsewhere counts, too. */
function unknownKey({ keyword, params }: ErrorObject): string | undefined {
  if (keyword === "additionalProperties") return params.additionalProperty;
  return keyword === "unevaluatedProperties" ? params.unevaluatedProperty : undefined;
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  object: "a map",
  array: "a list",
  boolean: "true or false",
  number: "a number",
  integer: "a whole number",
  null: "nothing",
};

function messageOf(errors: readonly ErrorObject[], path: Path): string {
  if (errors.some((error) => unknownKey(error) !== undefined)) {
    const last = String(path.at(-1));
    return `is no key that Compose knows here${last.startsWith("x_") ? '; keys of your own begin with "x-"' : ""}`;
  }
  const required = errors.flatMap(({ keyword, params }) =>
    keyword === "required" ? [params.missingProperty] : [],
  );
  if (required.length > 0) return `must have ${[...new Set(required)].join(" or ")}`;
  const types = errors.flatMap(({ keyword, params }) => (keyword === "type" ? [params.type].flat() : []));
  if (types.length > 0) {
    const words = [...new Set(types.map((type: string) => kinds[type] ?? type))];
    return `must be ${[words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(" or ")}`;
  }
  const choice = errors.find(({ keyword }) => keyword === "enum");
  if (choice) return `must be ${choice.params.allowedValues.join(" or ")}`;
  if (errors.some(({ keyword }) => keyword === "uniqueItems")) return "must not list the same twice";
  if (errors.some(({ keyword }) => keyword === "pattern")) return "is not as Compose takes it";
  return errors[0]?.message ?? "is not as Compose takes it";
}

/** Steps of a JSON pointer; those into lists are numbers. */
function pathOf(value: unknown, pointer: string): Path {
  const steps: (string | number)[] = [];
  let at = value;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    steps.push(Array.isArray(at) ? Number(name) : name);
    at = (at as Record<string, unknown> | undefined)?.[name];
  }
  return steps;
}
