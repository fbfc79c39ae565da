import { countConnections, tableAddress } from "../../lib/tcp-table.ts";

test.each([
  ["172.30.128.9", 8000, "09801EAC:1F40"],
  ["172.30.128.10", 80, "0A801EAC:0050"],
  ["0.0.0.0", 0, "00000000:0000"],
])("%s:%i is %s for the kernel", (ip, port, told) => {
  expect(tableAddress(ip, port)).toBe(told);
});

test("connections are counted where they are, to all addresses at once", () => {
  const addresses = [
    { ip: "172.30.128.9", port: 8000 },
    { ip: "172.30.128.10", port: 80 },
  ];
  expect(countConnections(addresses)).toStrictEqual([
    "awk",
    "-v",
    "wanted=09801EAC:1F40 0A801EAC:0050",
    '$4 == "01" && index(" " wanted " ", " " $3 " ") { count++ } END { print count + 0 }',
    "/proc/net/tcp",
  ]);
});
