import fc from "fast-check";
import { mostOn, type Spread, shareOf, spreadOf } from "../../lib/shares.ts";

const spread = (values: Partial<Spread> = {}): Spread => ({
  service: "web",
  replicas: 4,
  most: 100,
  hosts: ["a", "b", "c"],
  ...values,
});
const sharesOf = (all: Spread, there = all.hosts) => all.hosts.map((host) => shareOf(all, host, there));
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const hosts = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 8 });
const spreads = fc.record({
  service: fc.stringMatching(/^[a-z]{1,5}$/),
  replicas: fc.nat(40),
  most: fc.integer({ min: 1, max: 40 }),
  hosts,
});

test("all copies are somewhere, and no host has two more than another", () => {
  fc.assert(
    fc.property(spreads, (all) => {
      const shares = sharesOf(all);
      expect(sum(shares)).toBe(Math.min(all.replicas, all.most * all.hosts.length));
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      expect(Math.max(...shares)).toBeLessThanOrEqual(all.most);
    }),
  );
});

test("a host that is lost leaves its share to the others, who lose none of theirs", () => {
  fc.assert(
    fc.property(spreads, fc.nat(), (all, pick) => {
      const lost = all.hosts[pick % all.hosts.length] ?? "";
      const rest = all.hosts.filter((host) => host !== lost);
      expect(shareOf(all, lost, rest)).toBe(0);
      for (const host of rest)
        expect(shareOf(all, host, rest)).toBeGreaterThanOrEqual(shareOf(all, host, all.hosts));
    }),
  );
});

test("the order in which hosts are told makes no difference", () => {
  const [forth, back] = [spread(), spread({ hosts: ["c", "b", "a"] })];
  for (const host of forth.hosts)
    expect(shareOf(forth, host, ["a", "b", "c"])).toBe(shareOf(back, host, ["c", "a", "b"]));
});

test("who is there but no host of the service counts for nothing", () => {
  expect(sharesOf(spread({ replicas: 6 }), ["a", "b", "z"])).toStrictEqual([3, 3, 0]);
});

test("single copies of many services are spread, too", () => {
  const services = Array.from({ length: 60 }, (_, number) => `service-${number}`);
  const each = ["a", "b", "c"].map((host) =>
    sum(services.map((service) => shareOf(spread({ service, replicas: 1 }), host, ["a", "b", "c"]))),
  );
  expect(sum(each)).toBe(60);
  expect(Math.min(...each)).toBeGreaterThan(9);
});

const moves = { replicasPer: "datacenter" as const };
test.each<[string, Partial<Parameters<typeof mostOn>[0]>, number[], number[]]>([
  ["counted by host", { replicas: 3, replicasPer: "host" }, [1, 1, 1], [3, 3, 3]],
  ["with one host", { replicas: 3, ...moves }, [1], [3]],
  ["with two hosts, each may be alone", { replicas: 3, ...moves }, [1, 1], [3, 3]],
  ["with three, two share", { replicas: 10, ...moves }, [1, 1, 1], [5, 5, 5]],
  ["a single copy", { replicas: 1, ...moves }, [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]],
  ["none", { replicas: 0, ...moves }, [1, 1], [0, 0]],
  ["as said", { replicas: 10, ...moves, maxPerHost: 8 }, [1, 1, 1], [8, 8, 8]],
  ["no more than there are", { replicas: 2, ...moves, maxPerHost: 8 }, [1, 1, 1], [2, 2, 2]],
  ["by weight, when the heaviest of the others is gone", { replicas: 12, ...moves }, [1, 2, 3], [4, 8, 9]],
])("containers on a host: %s", (_, service, weights, expected) => {
  const all = weights.map((weight, index) => ({ key: `host-${index}`, datacenter: "dc1", weight }));
  const one = { replicas: 1, replicasPer: "host" as const, hosts: all.map(({ key }) => key), ...service };
  expect(all.map((host) => mostOn(one, host, all))).toStrictEqual(expected);
});

describe("hosts that don't weigh the same", () => {
  const members = (weights: readonly number[]) =>
    weights.map((weight, index) => ({ key: `host-${index}`, datacenter: "dc1", weight }));
  const spreadOver = (replicas: number, weights: readonly number[]) => {
    const all = members(weights);
    const keys = all.map(({ key }) => key);
    const [first] = all;
    if (first === undefined) throw new Error("there is no host");
    return spreadOf({ name: "web", replicas, ...moves, hosts: keys }, first, all, keys);
  };

  test.each<[number, number[], number[]]>([
    [12, [1, 2, 3], [2, 4, 6]],
    [10, [1, 1, 8], [1, 1, 8]],
    [2, [1, 2], [1, 1]],
    [3, [1, 4], [1, 2]],
  ])("%p copies on hosts that weigh %p", (replicas, weights, expected) => {
    expect(sharesOf(spreadOver(replicas, weights))).toStrictEqual(expected);
  });

  test("all copies are somewhere, also without any one host, which takes nothing from the others", () => {
    const cases = fc.record({
      replicas: fc.nat(30),
      weights: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ replicas, weights, pick }) => {
        const all = spreadOver(replicas, weights);
        expect(sum(sharesOf(all))).toBe(replicas);
        const rest = all.hosts.filter((_, index) => index !== pick % all.hosts.length);
        expect(sum(sharesOf(all, rest))).toBe(replicas);
        for (const host of rest)
          expect(shareOf(all, host, rest)).toBeGreaterThanOrEqual(shareOf(all, host, all.hosts));
      }),
    );
  });

  test("say so only where they don't", () => {
    expect(spreadOver(4, [2, 2]).sizes).toBeUndefined();
    expect(spreadOver(4, [1, 2]).sizes).toStrictEqual({
      "host-0": { weight: 1, most: 4 },
      "host-1": { weight: 2, most: 4 },
    });
  });
});
