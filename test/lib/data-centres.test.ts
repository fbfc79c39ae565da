import type { HostSettings } from "../../config/settings.ts";
import {
  dataCentresOf,
  inDataCentre,
  movedHosts,
  namesOf,
  peerAddressOf,
  type Whereabouts,
} from "../../lib/data-centres.ts";

const hosts = [
  { key: "a", datacenter: "west" },
  { key: "b", datacenter: "east" },
  { key: "c", datacenter: "west" },
] as HostSettings[];

test("data centres by their names, their hosts in the order given", () => {
  const keys = dataCentresOf(hosts).map(({ name, hosts }) => [name, ...hosts.map(({ key }) => key)]);
  expect(keys).toStrictEqual([
    ["east", "b"],
    ["west", "a", "c"],
  ]);
  expect(namesOf(hosts)).toStrictEqual(["east", "west"]);
  expect(inDataCentre(hosts, "nowhere")).toStrictEqual([]);
});

test("within a data centre hosts are reached at one address, from another one at the other", () => {
  const host = { address: "a.example", peerAddress: "10.0.0.1", datacenter: "west" };
  expect(peerAddressOf(host, { datacenter: "west" })).toStrictEqual({
    address: "10.0.0.1",
    setting: "peerAddress",
  });
  expect(peerAddressOf(host, { datacenter: "east" })).toStrictEqual({
    address: "a.example",
    setting: "address",
  });
});

/** Hosts by one letter, data centres by one digit: "a1 b2". */
const where = (text: string): Whereabouts =>
  Object.fromEntries(
    text
      .split(" ")
      .filter(Boolean)
      .map(([key = "", centre]) => [key, centre]),
  );

test.each([
  ["all stay", "a1 b1 c2", "a1 b1 c2", ""],
  ["nothing is known yet", "", "a1 b2", ""],
  ["the only one is renamed", "a1", "a2", ""],
  ["one is renamed", "a1 b1 c2", "a3 b3 c2", ""],
  ["two take each other's names", "a1 b2", "a2 b1", ""],
  ["a host is new", "a1", "a1 b2", ""],
  ["a host is new in one that is renamed", "a1", "a2 b2", ""],
  ["a host is gone from one that is renamed", "a1 b1", "a2", ""],
  ["of a host it is not known", "a b1", "a2 b1", ""],
  ["one of two moves", "a1 b1", "a1 b2", "b"],
  ["one of three moves to another", "a1 b1 c2", "a1 b2 c2", "b"],
  ["two become one", "a1 b2", "a1 b1", "b"],
  ["two become a third", "a1 b2", "a3 b3", "a b"],
  ["one becomes two", "a1 b1", "a2 b3", "a b"],
])("%s: from %j to %j", (_, former, present, moved) => {
  expect(movedHosts(where(former), where(present)).join(" ")).toBe(moved);
});
