import { connectionsTo } from "../../lib/tcp-table.ts";

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

test.each([
  ["172.30.128.9", 8000, 2],
  ["172.30.128.9", 8001, 1],
  ["172.30.128.10", 8000, 1],
  ["172.30.128.11", 80, 1],
  ["172.30.128.4", 8080, 0],
  ["0.0.0.0", 0, 0],
])("established connections to %s:%i: %i", (ip, port, count) => {
  expect(connectionsTo(table, ip, port)).toBe(count);
});

test("an empty table has none", () => {
  expect(connectionsTo("", "172.30.128.9", 8000)).toBe(0);
});
