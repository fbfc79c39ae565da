import { posix } from "node:path";
import { BadPattern, DockerIgnore, type Verdict } from "../../../lib/images/dockerignore.ts";

/** Judges a path as a walk from the top does. */
function ignores(text: string, file: string): boolean {
  const rules = new DockerIgnore(text);
  const parts = file.split("/");
  let verdict: Verdict | undefined;
  for (let depth = 1; depth <= parts.length; depth++) {
    verdict = rules.judge(posix.join(...parts.slice(0, depth)), verdict);
  }
  return verdict?.ignored ?? false;
}

// Expectations as in the tests of moby/patternmatcher, which Docker uses.
test.each<[pattern: string, file: string, ignored: boolean]>([
  ["", "a", false],
  ["a", "a", true],
  ["a", "a/b/c", true],
  ["a", "b/a", false],
  ["a", "ab", false],
  ["/a", "a/b", true],
  ["./a/", "a/b", true],
  ["b/../a", "a/b", true],
  ["a/b", "a/b/c", true],
  ["*", "a/b", true],
  ["*/b", "a/b", true],
  ["*/b", "a/c/b", false],
  ["a*", "abc/d", true],
  ["a*/b", "abc/b", true],
  ["a*b?c*x", "abxbbxdbxebxczzx", true],
  ["a*b?c*x", "abxbbxdbxebxczzy", false],
  ["*.go", "a.go", true],
  ["*.go", "a/a.go", false],
  [".*", ".foo", true],
  [".*", "foo", false],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["a?b", "a☺b", true],
  ["a???b", "a☺b", false],
  ["a?b", "a🚢b", true],
  ["**", "a/b", true],
  ["**/", "a/b", true],
  ["**/**", "a/b", true],
  ["**/b", "b", true],
  ["**/b", "a/c/b", true],
  ["**/b", "a/cb", false],
  ["**/b", "a/b/c", true],
  ["**/b/*", "a/b/c", true],
  ["**b", "a/cb", true],
  ["**/.foo", "bar.foo", false],
  ["**/*.txt2", "a/b.txt", false],
  ["a**/*.txt", "a/b/c.txt", true],
  ["a/*.txt**", "a/b.txt", true],
  ["a/**", "a/b/c", true],
  ["a/**", "a", false],
  ["a/**", "ab", false],
  ["a/**/b", "a/b", true],
  ["a/**/b", "a/x/y/b", true],
  ["[ab].c", "b.c", true],
  ["[^ab].c", "b.c", false],
  ["a[^b-d]e", "aze", true],
  ["[a-ζ]*", "α", true],
  ["[\\]a]", "]", true],
  ["[\\-x]", "-", true],
  ["a.b", "axb", false],
  ["a.|)$(}+{bc", "a.|)$(}+{bc", true],
  ["a\\*", "a*", true],
  ["a\\*", "ab", false],
  ["a\\\\", "a\\", true],
  ["# a", "# a", false],
  [" # a", "# a", true],
  ["  a  ", "a", true],
  ["\uFEFFa", "a", true],
])("%j leaves %j out: %j", (pattern, file, ignored) => {
  expect(ignores(pattern, file)).toBe(ignored);
});

test.each<[text: string, file: string, ignored: boolean]>([
  ["*\n!src", "src/a", false],
  ["*\n!src", "other", true],
  ["*\r\n! src \r\n", "src/a", false],
  ["!src\n*", "src/a", true],
  ["docs\n!docs/keep.md", "docs/keep.md", false],
  ["docs\n!docs/keep.md\n**/*.md", "docs/keep.md", true],
  ["**\n!a/b", "a/b/c", false],
  ["**\n!a/b\na/b/c", "a/b/c", true],
  ["*\n!**/*.md", "a/b.md", false],
])("the last line of %j that meets %j decides: %j", (text, file, ignored) => {
  expect(ignores(text, file)).toBe(ignored);
});

test.each(["!", "a[", "[", "[^", "\\"])("%j is refused, as Docker refuses it", (pattern) => {
  expect(() => new DockerIgnore(pattern)).toThrow(BadPattern);
});
