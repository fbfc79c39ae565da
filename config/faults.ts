/** Where a value is in the config: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** A broken rule, found by code that knows the value's place but not how to show it. */
export interface Problem {
  readonly path: Path;
  /** What is allowed and what was given, in one sentence. */
  readonly message: string;
  /** All values that the rule looked at; just the one at `path` when absent. */
  readonly about?: readonly Path[];
  /** What to do with the value; "set" when absent. */
  readonly fix?: Fix;
}

/** Command of `pulumi config` that puts a value right. */
export type Fix = "set" | "set --secret" | "set --type string" | "rm";

/** A broken rule, as the user is told of it. */
export interface Fault {
  /** The value's place, as one would type it after `pulumi config set --path`. */
  readonly path: string;
  readonly message: string;
  readonly fix: Fix;
}

const plainKey = /^[A-Za-z_][\w-]*$/;

/** Writes a path as Pulumi's CLI reads it, such as `flotilla:services.web.volumes[0].path`; long names are cut short. */
export function pathText(path: Path): string {
  const steps = path.map((whole, depth) => {
    if (typeof whole === "number") return `[${whole}]`;
    const step = shortened(whole);
    if (!plainKey.test(step)) return `[${JSON.stringify(step)}]`;
    return depth === 0 ? step : `.${step}`;
  });
  return `flotilla:${steps.join("")}`;
}

/** Shows what was given, short enough for one line. */
export function given(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty map" : "a map";
  return shortened(JSON.stringify(value), 80);
}

/** A text, cut to so many characters with an ellipsis at its end. */
export function shortened(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Joins names for a sentence: "a", "a and b", "a, b and c". */
export function listed(names: readonly (string | number)[], joint = "and"): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${joint} ${names.at(-1)}`;
}

/** Whether one of two places lies within the other. */
export function overlaps(a: Path, b: Path): boolean {
  const depth = Math.min(a.length, b.length);
  return a.slice(0, depth).every((step, i) => step === b[i]);
}

/** The whole message: a head, one line for each fault, and how to put them right. */
export function faultsMessage(stack: string, faults: readonly Fault[]): string {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const example = faults.find(({ path }) => path.startsWith("flotilla:") && !path.includes("…"));
  return [
    `Config of stack ${stack} has ${count}:`,
    ...faults.map(({ path, message }) => `  ${path}: ${message}`),
    ...(example ? [`Put right in Pulumi.${stack}.yaml, or with commands such as ${command(example)}`] : []),
  ].join("\n");
}

function command({ fix, path }: Fault): string {
  return `pulumi config ${fix} --path '${path}'${fix === "rm" || fix === "set --secret" ? "" : " <value>"}`;
}
