import { rpcAddressOf, serverNodeId } from "../../lib/consul-peers.ts";
import { clustersOf, peersFile, type ServerView } from "../../lib/consul-recovery.ts";

const server = (name: string, values: Partial<ServerView> = {}): ServerView => ({
  name,
  realm: "one",
  address: `${name}:8300`,
  peers: ["a:8300", "b:8300", "c:8300"],
  leader: "",
  ...values,
});

test.each<[string, ServerView[], [members: string, lost: string, hasQuorum: boolean][]]>([
  ["one of three runs", [server("a")], [["a", "b:8300 c:8300", false]]],
  ["two of three run, and are yet to elect", [server("a"), server("b")], [["a b", "c:8300", true]]],
  [
    "one of three leads those that are left",
    [server("a", { leader: "a:8300" })],
    [["a", "b:8300 c:8300", true]],
  ],
  [
    "who has yet to join has no voice",
    [server("a"), server("d", { peers: [] }), server("e", { peers: [] })],
    [["a", "b:8300 c:8300", false]],
  ],
  [
    "two of four are no majority",
    ["a", "b"].map((name) => server(name, { peers: ["a:8300", "b:8300", "c:8300", "d:8300"] })),
    [["a b", "c:8300 d:8300", false]],
  ],
  [
    "each data centre by itself",
    [server("a"), server("x", { realm: "two", peers: ["x:8300"], leader: "x:8300" })],
    [
      ["a", "b:8300 c:8300", false],
      ["x", "", true],
    ],
  ],
  ["none", [], []],
])("%s", (_, servers, expected) => {
  const seen = clustersOf(servers).map(({ members, lost, hasQuorum }) => [
    members.map(({ name }) => name).join(" "),
    lost.join(" "),
    hasQuorum,
  ]);
  expect(seen).toStrictEqual(expected);
});

test("who votes, in Consul's words", () => {
  const peer = { id: serverNodeId("dev", 1), address: "a:8300" };
  expect(JSON.parse(peersFile([{ ...peer, ...{ more: 1 } }]))).toStrictEqual([{ ...peer, non_voter: false }]);
});

test.each([
  ["10.0.0.1:8302", "10.0.0.1:8302"],
  ["198.18.0.2", "198.18.0.2:8300"],
])("a server that has noted %s is at %s", (noted, expected) => {
  expect(rpcAddressOf(noted)).toBe(expected);
});
