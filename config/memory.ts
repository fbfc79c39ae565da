const mebibyte = 2 ** 20;
const units: Readonly<Record<string, number>> = { k: 2 ** 10, m: mebibyte, g: 2 ** 30, t: 2 ** 40 };

/** Reads a size such as "512m", "1.5g" or "256MiB" as MiB, rounded up; undefined when it is none. */
export function parseMemory(size: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s?([kmgt])(?:i?b)?$/i.exec(size) ?? [];
  const bytes = units[unit?.toLowerCase() ?? ""];
  return amount && bytes ? Math.ceil((Number(amount) * bytes) / mebibyte) : undefined;
}
