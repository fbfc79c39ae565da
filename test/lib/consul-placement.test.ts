import {
  hostsThatCarry,
  maxServerNumber,
  maxServersInAll,
  type Placement,
  placeServers,
  placeServersInEach,
} from "../../lib/consul-placement.ts";

test.each<[string, string, number, Placement, Placement]>([
  ["one host has all", "a", 3, {}, { a: [1, 2, 3] }],
  ["two are dealt out to", "a b", 3, {}, { a: [1, 3], b: [2] }],
  ["three are dealt out to", "a b c", 3, {}, { a: [1], b: [2], c: [3] }],
  ["three are dealt out to", "a b c", 7, {}, { a: [1, 4, 7], b: [2, 5], c: [3, 6] }],
  ["in the order of keys", "c a b", 3, {}, { a: [1], b: [2], c: [3] }],
  ["more hosts than servers", "a b", 1, {}, { a: [1], b: [] }],
  ["nobody to deal out to", "", 3, { a: [1] }, {}],
  ["all stay", "a b c", 3, { a: [2], b: [3], c: [1] }, { a: [2], b: [3], c: [1] }],
  ["all stay, however uneven", "a b c", 3, { a: [1, 2, 3] }, { a: [1, 2, 3], b: [], c: [] }],
  ["a host is new before the others", "a b", 3, { b: [1, 2, 3] }, { a: [], b: [1, 2, 3] }],
  ["a host is gone", "b c", 3, { a: [1], b: [2], c: [3] }, { b: [2, 4], c: [3] }],
  ["a host that had two is gone", "b c", 5, { a: [1, 4], b: [2, 5], c: [3] }, { b: [2, 5, 7], c: [3, 6] }],
  ["a host is gone, and another one new", "b c d", 3, { a: [1], b: [2], c: [3] }, { b: [2], c: [3], d: [4] }],
  ["all hosts are gone", "x", 3, { a: [1], b: [2], c: [3] }, { x: [4, 5, 6] }],
  ["a number that has become free is taken", "b c", 5, { b: [2, 4], c: [3] }, { b: [2, 4, 5], c: [1, 3] }],
  ["more are wanted", "a b c", 5, { a: [1], b: [2], c: [3] }, { a: [1, 4], b: [2, 5], c: [3] }],
  ["fewer are wanted", "a b c", 3, { a: [1, 4], b: [2, 5], c: [3] }, { a: [1], b: [2], c: [3] }],
  ["fewer are wanted, of one host", "a", 1, { a: [3, 1, 2] }, { a: [1] }],
  ["a host is gone, and fewer are wanted", "b c", 1, { a: [1], b: [2], c: [3] }, { b: [], c: [3] }],
])("%s: %s, %i servers, of %j", (_, hosts, servers, former, placement) => {
  expect(placeServers(hosts.split(" ").filter(Boolean), servers, former)).toStrictEqual(placement);
});

test.each<[string[], Placement]>([
  [[], { a: [1, 3], b: [2], c: [] }],
  [["c"], { a: [1, 3], b: [2, 4], c: [] }],
  [["b", "c"], { a: [1, 3, 4], b: [2], c: [] }],
  [["a"], { a: [1, 3], b: [2], c: [4] }],
  [["a", "b", "c"], { a: [1, 3], b: [2], c: [] }],
])("none comes to hosts that are away: %j", (away, placement) => {
  const servers = Object.values(placement).flat().length;
  expect(placeServers(["a", "b", "c"], servers, { a: [1, 3], b: [2] }, away)).toStrictEqual(placement);
});

test.each<[string, string, number, Placement, Placement]>([
  ["each has as many, under other numbers", "a b, c", 3, {}, { a: [1, 3], b: [2], c: [4, 5, 6] }],
  ["all stay", "a, b", 1, { a: [2], b: [1] }, { a: [2], b: [1] }],
  ["one is new, and comes first", "a, b", 1, { b: [1] }, { a: [2], b: [1] }],
  ["one is gone, whose number is nobody's", "a b", 1, { a: [1], c: [2] }, { a: [1], b: [] }],
  [
    "one has lost a host",
    "a b, d",
    3,
    { a: [1], b: [2], c: [3], d: [4, 5, 6] },
    { a: [1, 7], b: [2], d: [4, 5, 6] },
  ],
  ["more are wanted", "a, b", 3, { a: [1], b: [2] }, { a: [1, 3, 4], b: [2, 5, 6] }],
])("in several data centres, %s: %s, %i servers, of %j", (_, centres, servers, former, placement) => {
  const hosts = centres
    .split(", ")
    .flatMap((keys, index) => keys.split(" ").map((key) => ({ key, datacenter: `dc${index + 1}` })));
  expect(placeServersInEach(hosts, servers, former)).toStrictEqual(placement);
});

test("a server that is there stays through growth and back, whatever its number", () => {
  const three = { a: [4], b: [2], c: [3] };
  const five = placeServers(["a", "b", "c"], 5, three);
  expect(five).toStrictEqual({ a: [1, 4], b: [2, 5], c: [3] });
  expect(placeServers(["a", "b", "c"], 5, five)).toStrictEqual(five);
  expect(Object.values(placeServers(["a", "b", "c"], 3, five)).flat()).toHaveLength(3);
});

test("where it was is left as it is told", () => {
  const former = { a: [3, 1, 2] };
  placeServers(["a"], 1, former);
  expect(former).toStrictEqual({ a: [3, 1, 2] });
});

test.each([1, 3, 5, 7])(
  "however often one of three hosts is lost with %i servers, no number is given that any had, or out of range",
  (servers) => {
    let hosts = ["h0", "h1", "h2"];
    let placement = placeServers(hosts, servers);
    for (let round = 0; round < 30; round++) {
      const [lost = "", ...others] = hosts;
      hosts = [...others, `h${round + 3}`];
      const next = placeServers(hosts, servers, placement);
      const numbers = Object.values(next).flat();
      expect(new Set(numbers).size).toBe(servers);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(maxServerNumber);
      expect(numbers.filter((number) => placement[lost]?.includes(number))).toStrictEqual([]);
      for (const key of others)
        expect(next[key]).toStrictEqual(expect.arrayContaining([...(placement[key] ?? [])]));
      placement = next;
    }
  },
);

test.each<[Placement, string[]]>([
  [{ a: [1] }, ["a"]],
  [{ a: [1], b: [] }, ["a"]],
  [{ a: [1, 3], b: [2] }, ["a"]],
  [{ a: [1], b: [2], c: [3] }, []],
  [{ a: [1, 2, 3], b: [], c: [] }, ["a"]],
  [{ a: [1, 4], b: [2, 5], c: [3] }, []],
  [{ a: [1, 2, 3], b: [4], c: [5] }, ["a"]],
  // Half is no majority.
  [{ a: [1, 2], b: [3, 4] }, ["a", "b"]],
])("of %j Consul is carried by %j", (placement, carrying) => {
  expect(hostsThatCarry(placement)).toStrictEqual(carrying);
});

test("whatever data centre is lost and made anew, no number is given that another has, or out of range", () => {
  const servers = maxServersInAll / 5;
  let hosts = ["a0", "b0", "c0", "d0", "e0"];
  let placement: Placement = {};
  for (let round = 1; round < 30; round++) {
    placement = placeServersInEach(
      hosts.map((key) => ({ key, datacenter: key.charAt(0) })),
      servers,
      placement,
    );
    const numbers = Object.values(placement).flat();
    expect(new Set(numbers).size).toBe(maxServersInAll);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(maxServerNumber);
    hosts = hosts.map((key, index) => (index === round % 5 ? `${key.charAt(0)}${round}` : key));
  }
});
