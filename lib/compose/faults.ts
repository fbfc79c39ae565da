import type { Path } from "../../config/faults.ts";

/** Where something stands. */
export interface Place {
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
}

/** What is wrong with a compose file. */
export interface ComposeFault extends Place {
  /** From the top of the file; empty where the whole file is meant. */
  readonly path: Path;
  readonly message: string;
}

/** A path as people write it: `services.web.ports[0]`. */
export function placeText(path: Path): string {
  return path
    .map((step, depth) => (typeof step === "number" ? `[${step}]` : depth === 0 ? step : `.${step}`))
    .join("");
}

/** One line for each fault, in the order of the files' lines, none twice. */
export function faultLines(faults: readonly ComposeFault[]): string[] {
  const sorted = faults.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  const lines = sorted.map(({ file, line, path, message }) => {
    const place = path.length > 0 ? `${placeText(path)}: ` : "";
    return `${file}:${line}: ${place}${message}`;
  });
  return [...new Set(lines)];
}
