import { atEach, everyKind } from "../../harness/load/plan.ts";

test("clients at several places are those of one, each there and called by it", () => {
  const one = everyKind("http://a/");
  const plan = atEach({ a: "http://a/", b: "http://b/" }, everyKind);
  expect(plan).toMatchObject({ url: "http://a/", sockets: one.sockets, ownApplication: true });
  expect(plan.clients.map(({ url }) => url)).toStrictEqual(
    ["http://a/", "http://b/"].flatMap((url) => one.clients.map(() => url)),
  );
  expect(plan.clients.map(({ name }) => name)).toStrictEqual(
    ["a", "b"].flatMap((place) => one.clients.map(({ name }) => `${name}, at ${place}`)),
  );
});

test("clients stand somewhere", () => {
  expect(() => atEach({}, everyKind)).toThrow("stand somewhere");
});
