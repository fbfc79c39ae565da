import { dockerignore } from "../../lib/dockerignore.ts";

// Expectations as in the tests of moby/patternmatcher, which Docker uses.
test.each<[pattern: string, file: string, ignored: boolean]>([
  ["", "a", false],
  ["a", "a", true],
  ["a", "a/b/c", true],
  ["a", "b/a", false],
  ["a", "ab", false],
  ["/a", "a/b", true],
  ["./a/", "a/b", true],
  ["a/b", "a/b/c", true],
  ["*", "a/b", true],
  ["*/b", "a/b", true],
  ["*/b", "a/c/b", false],
  ["a*", "abc/d", true],
  ["*.go", "a.go", true],
  ["*.go", "a/a.go", false],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["**", "a/b", true],
  ["**/", "a/b", true],
  ["**/b", "b", true],
  ["**/b", "a/c/b", true],
  ["**/b", "a/cb", false],
  ["a/**", "a/b/c", true],
  ["a/**", "ab", false],
  ["a/**/b", "a/b", true],
  ["a/**/b", "a/x/y/b", true],
  ["[ab].c", "b.c", true],
  ["[^ab].c", "b.c", false],
  ["a.b", "axb", false],
  ["a(b)$+{c}", "a(b)$+{c}", true],
  ["a\\*", "a*", true],
  ["a\\*", "ab", false],
  ["# a", "# a", false],
  ["  a  ", "a", true],
])("%j leaves %j out: %j", (pattern, file, ignored) => {
  expect(dockerignore(pattern)(file)).toBe(ignored);
});

test.each<[text: string, file: string, ignored: boolean]>([
  ["*\n!src", "src/a", false],
  ["*\n!src", "other", true],
  ["*\r\n! src \r\n", "src/a", false],
  ["!src\n*", "src/a", true],
  ["docs\n!docs/keep.md", "docs/keep.md", false],
  ["docs\n!docs/keep.md\n**/*.md", "docs/keep.md", true],
])("the last line of %j that meets %j decides: %j", (text, file, ignored) => {
  expect(dockerignore(text)(file)).toBe(ignored);
});
