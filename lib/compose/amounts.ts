import { parseMemory } from "../../config/memory.ts";

/** Seconds that a duration of Compose's says, such as `1m30s`; undefined where it is none. */
export function secondsOf(value: unknown): number | undefined {
  const text = String(value);
  const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    ns: 1e-9,
  };
  if (/^\d+$/.test(text)) return Number(text) / 1e9;
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|us|µs|ns|m|s))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g);
  return [...parts].reduce((sum, [, amount, unit = "s"]) => sum + Number(amount) * (units[unit] ?? 0), 0);
}

/** A size of Compose's, bytes or with a unit, as flotilla has them, whole MiB such as `512m`; undefined where it is none. */
export function sizeOf(value: unknown): string | undefined {
  const text = String(value).trim();
  const bytes = /^(\d+)b?$/i.exec(text)?.[1];
  const mebibytes = bytes === undefined ? parseMemory(text) : Math.ceil(Number(bytes) / 2 ** 20);
  return mebibytes ? `${mebibytes}m` : undefined;
}
