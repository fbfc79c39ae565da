/**
 * Reads a .dockerignore and tells which files it leaves out, as Docker does it: patterns stand for paths from the
 * folder down, a pattern that meets a folder means all that is in it, and the last pattern that meets a file decides.
 * (Not as Git does it, where a name without a slash means files of that name at any depth.)
 */
export function dockerignore(text: string): (file: string) => boolean {
  const patterns = text
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map((line) => /^\s*(!?)\s*(.*?)\s*$/.exec(line) ?? [])
    .map(([, not, pattern = ""]) => ({ ignores: not === "", expression: expressionOf(pattern) }));
  return (file) => patterns.findLast(({ expression }) => expression.test(file))?.ignores ?? false;
}

function expressionOf(pattern: string): RegExp {
  const path = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const source = path.join("/").replaceAll(/\*\*\/?|\*|\?|\\.|\[[^\]]*\]|[.+^$(){}|\\[\]]/g, (token) => {
    if (token === "**") return ".*";
    if (token === "**/") return "(?:.*/)?";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    return token.length > 1 ? token : `\\${token}`;
  });
  // An empty pattern means nothing.
  return source === "" ? /$^/ : new RegExp(`^${source}(?:/|$)`);
}
