import { posix } from "node:path";

/** What is known of a path: whether it is left out, and which patterns meet it or a folder above it. */
export interface Verdict {
  readonly ignored: boolean;
  readonly met: readonly boolean[];
}

/** A pattern that Docker refuses. */
export class BadPattern extends Error {
  constructor(pattern: string) {
    super(`${JSON.stringify(pattern)} is no pattern that Docker takes`);
  }
}

/**
 * The patterns of a .dockerignore, read as BuildKit reads them: they stand for paths from the folder down, a pattern that
 * meets a folder means all that is in it, and the last pattern that meets a path decides. (Not as Git does it, where a
 * name without a slash means files of that name at any depth.)
 */
export class DockerIgnore {
  /** Whether anything in a folder that is left out may be taken back in. */
  readonly hasExceptions: boolean;
  readonly #patterns: readonly { readonly meets: (path: string) => boolean; readonly exception: boolean }[];

  /** Throws {@link BadPattern}. */
  constructor(text: string) {
    this.#patterns = linesOf(text).map((line) => {
      const exception = line.startsWith("!");
      const pattern = cleaned(exception ? line.slice(1).trim() : line);
      if (pattern === "") throw new BadPattern(line);
      return { meets: matcherOf(pattern), exception };
    });
    this.hasExceptions = this.#patterns.some(({ exception }) => exception);
  }

  /** Judges a path, given the verdict on the folder that it is in. */
  judge(path: string, folder?: Verdict): Verdict {
    let ignored = false;
    const met = this.#patterns.map(({ meets, exception }, index) => {
      // A pattern that could not change the verdict is not even asked, which shows in what it means for paths below.
      const does = folder?.met[index] || (exception === ignored && meets(path));
      if (does) ignored = !exception;
      return does;
    });
    return { ignored, met };
  }
}

function linesOf(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The shortest form of a path, without slashes at its ends. */
function cleaned(pattern: string): string {
  return (
    pattern &&
    posix
      .normalize(pattern)
      .replace(/(?<=.)\/$/, "")
      .replace(/^\/(?=.)/, "")
  );
}

function matcherOf(pattern: string): (path: string) => boolean {
  // Two forms that Docker takes literally: they meet more than their parts would.
  if (/^\*\*[^*?[\]\\]*$/.test(pattern)) {
    const end = pattern.slice(2);
    return (path) => path.endsWith(end) || (end.startsWith("/") && path === end.slice(1));
  }
  const source = pattern.replaceAll(
    /\*\*\/?|\*|\?|\[\^?(?:\\.|[^\\\]])+\]|\\(.)|[.+^$(){}|/\\]/gsu,
    (token, escaped, offset) => {
      if (token.startsWith("**")) return offset + token.length === pattern.length ? ".*" : "(?:.*/)?";
      if (token === "\\") throw new BadPattern(pattern);
      if (token === "*") return "[^/]*";
      if (token === "?") return "[^/]";
      if (token.startsWith("[")) return token;
      if (escaped !== undefined) return /[\p{L}\p{N}\s_-]/u.test(escaped) ? escaped : `\\${escaped}`;
      return `\\${token}`;
    },
  );
  try {
    const expression = new RegExp(`^${source}$`, "su");
    return (path) => expression.test(path);
  } catch {
    throw new BadPattern(pattern);
  }
}
