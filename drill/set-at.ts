type Tree = Record<string, unknown>;

/**
 * Puts a value at a path of a config, making what is missing on the way; undefined takes away what is there. A folder to
 * build may stand there by itself, and is made the section that it stands for.
 */
export function setAt(config: object, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  const tree = config as Tree;
  if (rest.length > 0) {
    if (key === "build" && typeof tree.build === "string") tree.build = { context: tree.build };
    tree[key] ??= {};
    setAt(tree[key] as Tree, rest, value);
  } else if (value === undefined) delete tree[key];
  else tree[key] = value;
}
