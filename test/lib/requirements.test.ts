import fc from "fast-check";
import { cycleOf, inOrder, type Requiring, toldOf } from "../../lib/requirements.ts";

const services = (all: Record<string, string[]>): Requiring[] =>
  Object.entries(all).map(([name, requires]) => ({ name, requires }));
const order = (all: Record<string, string[]>) => inOrder(services(all)).map(({ name }) => name);

test("each comes after what it requires, and otherwise where it was", () => {
  expect(order({ web: ["db", "cache"], cache: [], db: ["disk"], disk: [] })).toStrictEqual([
    "disk",
    "db",
    "cache",
    "web",
  ]);
  expect(order({ a: [], b: [], c: [] })).toStrictEqual(["a", "b", "c"]);
});

test("what nobody has is no concern of the order", () => {
  expect(order({ web: ["db"] })).toStrictEqual(["web"]);
});

test.each<[Record<string, string[]>, string[] | undefined]>([
  [{ a: ["b"], b: ["c"], c: [] }, undefined],
  [{ a: ["b", "c"], b: ["c"], c: [] }, undefined],
  [{ a: ["a"] }, ["a", "a"]],
  [{ web: ["a"], a: ["b"], b: ["c"], c: ["a"] }, ["a", "b", "c", "a"]],
])("%j: the chain %j", (all, chain) => {
  expect(cycleOf(services(all))).toStrictEqual(chain);
  if (chain) expect(() => inOrder(services(all))).toThrow(chain.join(", "));
});

test("in any order without a chain, all are there, each after its own", () => {
  const graph = fc
    .integer({ min: 1, max: 8 })
    .chain((count) =>
      fc.array(fc.array(fc.nat(count - 1), { maxLength: 3 }), { minLength: count, maxLength: count }),
    );
  fc.assert(
    fc.property(graph, (edges) => {
      // To lower numbers only, so that there is no way back.
      const all = edges.map((to, from) => ({
        name: `s${from}`,
        requires: to.filter((other) => other < from).map((other) => `s${other}`),
      }));
      const names = inOrder([...all].reverse()).map(({ name }) => name);
      expect(names.toSorted()).toStrictEqual(all.map(({ name }) => name).toSorted());
      for (const { name, requires } of all)
        for (const other of requires) expect(names.indexOf(other)).toBeLessThan(names.indexOf(name));
    }),
  );
});

test("host and port are told wherever they are asked for", () => {
  const env = { DB: "{{host}}:{{port}}", URL: "redis://{{host}}:{{port}}/0?at={{host}}", PLAIN: "x{host}" };
  expect(toldOf(env, { host: "dev--front--local", port: 6379 })).toStrictEqual({
    DB: "dev--front--local:6379",
    URL: "redis://dev--front--local:6379/0?at=dev--front--local",
    PLAIN: "x{host}",
  });
});
