import { readStackFile } from "../../config/stack-file.ts";

const file = readStackFile(`
encryptionsalt: v1:abc
config:
  flotilla:protect: "false"
  flotilla:consul:
    secure: v1:AAAA
  flotilla:registry: '{"address": "r.example"}'
  flotilla:services:
    web: &web
      env:
        ON: 1
        QUOTED: "007"
        OCTAL: 007
        EMPTY:
        "yes": yes
      secrets:
        TOKEN:
          secure: v1:AAAA
        secure: plain
      command: [a, 1]
    api: *web
`);

test.each([
  ["a text in quotes", ["protect"], { kind: "plain", value: "false" }],
  ["a number", ["services", "web", "env", "OCTAL"], { kind: "plain", value: 7, typed: "007" }],
  ["a number in quotes", ["services", "web", "env", "QUOTED"], { kind: "plain", value: "007" }],
  ["nothing", ["services", "web", "env", "EMPTY"], { kind: "plain", value: null, typed: "" }],
  [
    "what YAML 1.1 takes for true",
    ["services", "web", "env", "yes"],
    { kind: "plain", value: true, typed: "yes" },
  ],
  [
    "a key that YAML 1.1 takes for true",
    ["services", "web", "env", "ON"],
    { kind: "plain", value: 1, typed: "1" },
  ],
  ["part of a list", ["services", "web", "command", 1], { kind: "plain", value: 1, typed: "1" }],
  ["a list", ["services", "web", "command"], { kind: "plain" }],
  ["a map", ["services", "web"], { kind: "plain" }],
  ["a secret", ["services", "web", "secrets", "TOKEN"], { kind: "encrypted" }],
  [
    "a variable called secure",
    ["services", "web", "secrets", "secure"],
    { kind: "plain", value: "plain", typed: "plain" },
  ],
  ["part of a secret", ["consul", "servers"], { kind: "encrypted" }],
  ["part of a text", ["registry", "address"], { kind: "plain" }],
  ["part of an alias", ["services", "api", "secrets", "TOKEN"], { kind: "encrypted" }],
  ["what is not there", ["services", "web", "image"], undefined],
  ["a section that is not there", ["network", "subnet"], undefined],
])("%s", (_, path, written) => {
  expect(file(path)).toStrictEqual(written);
});

test.each(["", "- a", "config: 1", "config: {a: b", "\0"])("a file that is %j has nothing in it", (text) => {
  expect(readStackFile(text)(["services"])).toBeUndefined();
});
