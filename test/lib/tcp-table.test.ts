import { execFileSync } from "node:child_process";
import { countConnections, inTable, listening } from "../../lib/tcp-table.ts";

// From the network namespace of a front with two balancers; the columns after the state are cut.
const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000
   1: 0B00007F:9C27 00000000:0000 0A 00000000:00000000
   2: 04801EAC:A3D2 09801EAC:1F40 01 00000000:00000000
   3: 04801EAC:A3D4 09801EAC:1F40 01 00000000:00000000
   4: 04801EAC:A3D6 09801EAC:1F40 06 00000000:00000000
   5: 04801EAC:A3D8 09801EAC:1F41 01 00000000:00000000
   6: 04801EAC:1F90 0A801EAC:1F40 01 00000000:00000000
  17: 09801EAC:1F40 0B801EAC:0050 01 00000000:00000000
`;

const count = (input: string, ...remotes: string[]) =>
  execFileSync("awk", ["-v", `remotes=${remotes.join(" ")}`, countConnections], { input, encoding: "utf8" });

test.each([
  [["172.30.128.9", 8000], 2],
  [["172.30.128.9", 8001], 1],
  [["172.30.128.10", 8000], 1],
  [["172.30.128.11", 80], 1],
  [["172.30.128.4", 8080], 0],
  [["0.0.0.0", 0], 0],
] as const)("established connections to %s: %i", ([ip, port], expected) => {
  expect(count(table, inTable(ip, port))).toBe(`${expected}\n`);
});

test("those to several addresses are added up; an empty table has none", () => {
  const remotes = [inTable("172.30.128.9", 8000), inTable("172.30.128.10", 8000)];
  expect(count(table, ...remotes)).toBe("3\n");
  expect(count("", ...remotes)).toBe("0\n");
  expect(count(table)).toBe("0\n");
});

const v6 = `  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 00000000
   1: 0000000000000000FFFF00000100007F:0BB9 00000000000000000000000000000000:0000 0A 00000000
   2: 0000000000000000FFFF000009801EAC:0BBA 00000000000000000000000000000000:0000 0A 00000000
   3: 00000000000000000000000000000000:0BBB 00000000000000000000000000000000:0000 0A 00000000
   4: 0000000000000000FFFF000009801EAC:0BBA 0000000000000000FFFF00000B801EAC:0050 01 00000000
`;

test.each([
  ["every address", table, [{ port: 8080, loopback: false }]],
  ["127.0.0.1", "0: 0100007F:1F40 00000000:0000 0A", [{ port: 8000, loopback: true }]],
  ["another of 127.0.0.0/8", "0: 0501007F:1F40 00000000:0000 0A", [{ port: 8000, loopback: true }]],
  ["one address", "0: 09801EAC:1F40 00000000:0000 0A", [{ port: 8000, loopback: false }]],
  [
    "addresses of IPv6",
    v6,
    [
      { port: 3000, loopback: true },
      { port: 3001, loopback: true },
      { port: 3002, loopback: false },
      { port: 3003, loopback: false },
    ],
  ],
  ["none", "", []],
])("listening on %s", (_, text, expected) => {
  expect(listening(text)).toStrictEqual(expected);
});
