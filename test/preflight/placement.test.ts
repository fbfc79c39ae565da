import * as pulumi from "@pulumi/pulumi";
import { withServersInPlace } from "../../preflight/placement.ts";
import { settingsFrom } from "../support/settings-from.ts";

type Numbers = Record<string, number[]>;

/** Settings with these hosts, of which some say which servers live there. */
const settingsOf = (hosts: Record<string, number[] | undefined>, servers: number) =>
  settingsFrom({
    consul: { servers },
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([key, consulServers], i) => [
        key,
        { docker: `ssh://${key}`, address: `10.0.0.${i + 1}`, ...(consulServers && { consulServers }) },
      ]),
    ),
  });

/** Where servers then are, what is said, and whether the state was asked. */
async function placed(hosts: Record<string, number[] | undefined>, servers: number, known: Numbers = {}) {
  const info = jest.spyOn(pulumi.log, "info").mockResolvedValue();
  const ask = jest.fn(async () =>
    Object.fromEntries(Object.entries(known).map(([key, consulServers]) => [key, { consulServers }])),
  );
  const never = () => Promise.reject(new Error("nobody asks"));
  const settings = await withServersInPlace(settingsOf(hosts, servers), {
    hosts: ask,
    knowsNetwork: never,
    urns: never,
  });
  const said = info.mock.calls.map(([text]) => text);
  info.mockRestore();
  const numbers = Object.fromEntries(settings.hosts.map((host) => [host.key, host.consulServers]));
  return { numbers, said, asked: ask.mock.calls.length };
}

const none = undefined;
test.each<[string, Record<string, undefined>, number, Numbers, Numbers]>([
  ["nothing is there yet", { a: none, b: none, c: none }, 3, {}, { a: [1], b: [2], c: [3] }],
  ["all stay", { a: none, b: none, c: none }, 3, { a: [4], b: [1], c: [2] }, { a: [4], b: [1], c: [2] }],
  ["a host is no more", { b: none, c: none }, 3, { a: [1], b: [2], c: [3] }, { b: [2, 4], c: [3] }],
  [
    "a host is new",
    { a: none, b: none, c: none, d: none },
    3,
    { a: [1], b: [2], d: [3] },
    { a: [1], b: [2], c: [], d: [3] },
  ],
  ["more are wanted", { a: none, b: none }, 5, { a: [1, 3], b: [2] }, { a: [1, 3, 5], b: [2, 4] }],
])("%s", async (_, hosts, servers, known, numbers) => {
  expect(await placed(hosts, servers, known)).toMatchObject({ numbers, asked: 1 });
});

test("where the config says where they live, they live there, whatever the state has", async () => {
  const numbers = { a: [1], b: [2], c: [3] };
  expect(await placed(numbers, 3, { a: [2], b: [4], c: [5] })).toStrictEqual({ numbers, said: [], asked: 0 });
});

const lost = (hosts: string, advice: string) =>
  `Consul has no quorum any more when host ${hosts} is lost: what serves then serves on, but nothing can be changed until it is back. ${advice}`;
const third = "With a third host there would be one.";
const spread =
  "Spread them by hosts.<key>.consulServers; a server that moves takes a number that none has had.";
test.each<[string, Record<string, number[] | undefined>, number, string[]]>([
  ["one host", { a: none }, 3, []],
  ["two", { a: none, b: none }, 3, [lost("a", third)]],
  ["three", { a: none, b: none, c: none }, 3, []],
  ["three with one server, which nobody takes for safe", { a: none, b: none, c: none }, 1, []],
  ["three, by the config", { a: [1, 2], b: [3], c: [] }, 3, [lost("a", spread)]],
  ["two, by the config", { a: [1], b: [2, 3] }, 3, [lost("b", third)]],
])("on %s: whose loss costs the quorum is told", async (_, hosts, servers, said) => {
  expect((await placed(hosts, servers)).said).toStrictEqual(said);
});
