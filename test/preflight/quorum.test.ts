import { ask } from "../../preflight/engine.ts";
import { quorumFaults } from "../../preflight/quorum.ts";
import type { HostOutput } from "../../preflight/state.ts";
import { settingsFrom } from "../support/settings-from.ts";

jest.mock("../../preflight/engine.ts");
beforeEach(() => jest.mocked(ask).mockReset());

const { hosts } = settingsFrom({
  hosts: Object.fromEntries(
    ["a", "b", "c", "d"].map((key, index) => [
      key,
      { docker: `ssh://${key}`, address: `10.0.0.${index + 1}`, ...(key === "d" && { datacenter: "dc2" }) },
    ]),
  ),
});
const known: Record<string, HostOutput> = {
  a: { consulServers: [1] },
  b: { consulServers: [2] },
  c: { consulServers: [3] },
  d: {},
};
const faults = (absent: string, state = known) =>
  quorumFaults({ stack: "test", hosts }, state, absent.split(" ").filter(Boolean));
const asked = () => jest.mocked(ask).mock.calls.map(([endpoint, , server]) => `${endpoint} ${server}`);

test("two of three are on hosts that are not reached, and the third knows no leader", async () => {
  jest.mocked(ask).mockResolvedValue('""');
  expect(await faults("b c")).toStrictEqual([
    "Consul of data centre dc1 can decide nothing: only 1 of its 3 servers can be reached, not those on host b and c. What " +
      "serves serves on, but nothing can be changed until most are back. Where they are lost for good, " +
      "`npm run recover -- --stack test` has what is left go on without them.",
  ]);
  expect(asked()).toStrictEqual(["ssh://a test--consul--1"]);
});

test("nor does one that does not answer", async () => {
  jest.mocked(ask).mockRejectedValue(new Error("No such container"));
  expect(await faults("b c")).toHaveLength(1);
});

test("it has been told that the others are lost, and leads", async () => {
  jest.mocked(ask).mockResolvedValue('"10.0.0.1:8302"');
  expect(await faults("b c")).toStrictEqual([]);
});

test.each<[string, string, Record<string, HostOutput>]>([
  ["nobody is absent", "", known],
  ["most are there", "c", known],
  ["one that has none is absent", "d", known],
  ["none is left to wait for", "a b c", known],
  ["none has ever been there", "b c", {}],
])("%s: nobody is asked", async (_, absent, state) => {
  expect(await faults(absent, state)).toStrictEqual([]);
  expect(asked()).toStrictEqual([]);
});

test("one of two is enough neither", async () => {
  jest.mocked(ask).mockResolvedValue('""');
  expect(await faults("b", { a: { consulServers: [1] }, b: { consulServers: [2] } })).toHaveLength(1);
});
