import { parse } from "yaml";
import { type Path, pathText } from "./faults.ts";
import { leavesOf } from "./leaves.ts";

/** Longest variable that Linux takes in an environment, in bytes, its name and the NUL at its end included. */
const mostBytes = 128 * 1024;
/** What Pulumi.yaml adds to a stack's own config, with some to spare. */
const bytesOfProject = 128;

/**
 * What is wrong with the size of a stack's config, given the text of its file; undefined where nothing is. Pulumi hands
 * all of it to the program as one variable: beyond what Linux takes, it fails with "argument list too long".
 */
export function sizeFault(stack: string, file: string): string | undefined {
  const config = decrypted(parse(file)?.config ?? {}) as Record<string, unknown>;
  const bytes = variableLength(config) + bytesOfProject;
  if (bytes <= mostBytes) return undefined;

  const [largest] = leavesOf(config).sort((a, b) => length(b.value) - length(a.value));
  return (
    `The config of stack ${stack} comes to ${kibibytes(bytes)} as Pulumi hands it to the program, and Linux takes no more ` +
    `than ${kibibytes(mostBytes)} at once. The longest value, of ${kibibytes(length(largest?.value))}, is ` +
    `${place(largest?.path ?? [])}: put what is so long into the image or a volume.`
  );
}

/** Encrypted values as texts of their length, which is all that is known of them. */
function decrypted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decrypted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[key, text] = []] = entries;
  if (entries.length === 1 && key === "secure") return "x".repeat(plainLength(String(text)));
  return Object.fromEntries(entries.map(([key, part]) => [key, decrypted(part)]));
}

/** Of a text such as `v1:<nonce>:<base64>`: AES-GCM adds 16 bytes. */
function plainLength(encrypted: string): number {
  return Math.max(0, Buffer.from(encrypted.split(":").at(-1) ?? "", "base64").length - 16);
}

/** Maps are texts of JSON, in a text of JSON. */
function variableLength(config: Readonly<Record<string, unknown>>): number {
  const texts = Object.entries(config).map(([key, value]) => [
    key.replace(":", ":config:"),
    typeof value === "object" && value !== null ? json(value) : String(value),
  ]);
  return Buffer.byteLength(`PULUMI_CONFIG=${json(Object.fromEntries(texts))}\0`);
}

/** As Go writes it, fit for HTML. */
function json(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, "\\u0000");
}

function length(value: unknown): number {
  return Buffer.byteLength(String(value));
}

function place([section = "", ...rest]: Path): string {
  return pathText([String(section).replace(/^flotilla:/, ""), ...rest]);
}

function kibibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
