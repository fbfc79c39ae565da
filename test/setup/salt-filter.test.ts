import { spawnSync } from "node:child_process";
import { join } from "node:path";

const filter = join(__dirname, "..", "..", "setup", "salt-filter.awk");

function awk(input: string, ...options: string[]): string {
  return spawnSync("awk", [...options, "-f", filter], { input, encoding: "utf8" }).stdout;
}
const clean = (text: string) => awk(text);
const smudge = (text: string) => awk(text, "-v", "salt=v1:abc=:v1:x/y+z==");

const plain = "# Mine.\nconfig:\n  flotilla:consul:\n    servers: 3 # enough\n\n  flotilla:services: {}\n";
const salted = `${plain}encryptionsalt: v1:abc=:v1:x/y+z==\n`;
const otherSalt = `${plain}encryptionsalt: v1:other=:v1:q==\n`;
const secret = "config:\n  flotilla:token:\n    secure: v1:k:v\nencryptionsalt: v1:other=:v1:q==\n";
const secretInList = "config:\n  flotilla:tokens:\n    - secure: v1:k:v\nencryptionsalt: v1:other=:v1:q==\n";

test.each([
  ["clean takes the salt out, and touches nothing else", clean, salted, plain],
  ["clean leaves a file without a salt as it is", clean, plain, plain],
  ["clean keeps the salt that secrets need", clean, secret, secret],
  ["clean sees secrets in lists too", clean, secretInList, secretInList],
  ["smudge gives a file the salt", smudge, plain, salted],
  ["smudge puts this user's salt for another's", smudge, otherSalt, salted],
  ["smudge changes nothing when done twice", smudge, salted, salted],
  ["smudge keeps the salt that secrets need", smudge, secret, secret],
  ["clean on nothing is nothing", clean, "", ""],
])("%s", (_, run, input, expected) => {
  expect(run(input)).toBe(expected);
});
