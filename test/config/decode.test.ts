import { decode } from "../../config/decode.ts";

test.each<[string, unknown]>([
  ["true", true],
  ["3", 3],
  ["abc", "abc"],
  ['{"a":', '{"a":'],
  ["", ""],
  ['{"a":[1.5,null,"x",{}]}', { a: [1.5, null, "x", {}] }],
  ['{"a":{"__proto__":1}}', { a: Object.fromEntries([["__proto__", 1]]) }],
])("the text %j is %j", (text, value) => {
  expect(decode({ section: text })).toStrictEqual({ section: value });
});

test.each(["1234567890123456789", "18446744073709551615", "1.10", "1e3", "-0", "0.1"])(
  "a variable that is the number %s stays as it is written",
  (number) => {
    const web = `{"env":{"A":${number}},"secrets":{"B":${number}},"build":{"args":{"C":${number}}},"cpus":${number}}`;
    expect(decode({ services: `{"web":${web}}` })).toStrictEqual({
      services: {
        web: {
          env: { A: number },
          secrets: { B: number },
          build: { args: { C: number } },
          cpus: Number(number),
        },
      },
    });
  },
);
