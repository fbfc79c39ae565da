import fc from "fast-check";
import { mostOf, type Spread, shareOf } from "../../lib/shares.ts";

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

test.each<[string, Parameters<typeof mostOf>, number]>([
  ["counted by host", [{ replicas: 3, replicasPer: "host" }, 3], 3],
  ["with one host", [{ replicas: 3, replicasPer: "datacenter" }, 1], 3],
  ["with two hosts, each may be alone", [{ replicas: 3, replicasPer: "datacenter" }, 2], 3],
  ["with three, two share", [{ replicas: 10, replicasPer: "datacenter" }, 3], 5],
  ["a single copy", [{ replicas: 1, replicasPer: "datacenter" }, 5], 1],
  ["none", [{ replicas: 0, replicasPer: "datacenter" }, 5], 0],
  ["as said", [{ replicas: 10, replicasPer: "datacenter", maxPerHost: 8 }, 3], 8],
  ["no more than there are", [{ replicas: 2, replicasPer: "datacenter", maxPerHost: 8 }, 3], 2],
])("containers on a host: %s", (_, args, expected) => {
  expect(mostOf(...args)).toBe(expected);
});
