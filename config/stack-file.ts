import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import type { Path } from "./faults.ts";

/** How a value stands in the stack's file. */
export type Written =
  | { readonly kind: "encrypted" }
  | {
      readonly kind: "plain";
      /** What YAML makes of it; undefined for a map or list, and for what is part of a text. */
      readonly value?: unknown;
      /** As it was typed; undefined where it is in quotes, and so arrives as it is. */
      readonly typed?: string;
    };

/** Finds values by their path, without the namespace; undefined for those that the file has not got. */
export type StackFile = (path: Path) => Written | undefined;

/** Reads the text of a `Pulumi.<stack>.yaml`. One that can't be read has nothing in it: Pulumi's own message is clearer. */
export function readStackFile(text: string): StackFile {
  // YAML 1.1 is what Pulumi reads.
  const document = parseDocument(text, { version: "1.1" });
  return ([section = "", ...rest]) => {
    let node = resolved(document.getIn(["config", `flotilla:${section}`], true), document);
    for (const step of rest) {
      const found = written(node);
      if (found?.kind === "encrypted" || isScalar(node)) return found && { kind: found.kind };
      node = resolved(child(node, step), document);
    }
    return written(node);
  };
}

/** Keys are compared as they were typed: YAML 1.1 makes booleans of `on` and `n`. */
function child(node: Node | undefined, step: string | number): unknown {
  if (isSeq(node)) return node.items[Number(step)];
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && String(key.source ?? key.value) === String(step))
    ?.value;
}

function resolved(node: unknown, document: Document): Node | undefined {
  return (isAlias(node) ? node.resolve(document) : node) as Node | undefined;
}

function written(node: Node | undefined): Written | undefined {
  if (node === undefined) return undefined;
  if (isMap(node) && node.items.length === 1 && node.has("secure")) return { kind: "encrypted" };
  if (!isScalar(node)) return { kind: "plain" };
  const { value, source, type } = node;
  return { kind: "plain", value, ...(type === "PLAIN" && { typed: source }) };
}
