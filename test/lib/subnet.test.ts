import {
  agentAddress,
  cidrOf,
  consulAddress,
  controlSubnetOf,
  dynamicCapacity,
  dynamicRange,
  gatewayAddress,
  parseSubnet,
  prefixFor,
  subnetsOverlap,
} from "../../lib/subnet.ts";

test.each([
  ["172.30.0.0/16", 0xac1e0000, 16],
  ["10.0.0.0/8", 0x0a000000, 8],
  ["192.168.1.16/28", 0xc0a80110, 28],
  ["223.255.255.0/24", 0xdfffff00, 24],
])("%s is a network", (cidr, base, prefix) => {
  expect(parseSubnet(cidr)).toStrictEqual({ base, prefix });
});

test.each([
  ["", "nothing"],
  ["172.30.0.0", "no prefix"],
  ["172.30.0/16", "three octets"],
  ["172.30.0.0.0/16", "five octets"],
  ["172.256.0.0/16", "an octet above 255"],
  ["172.30.0.1/16", "host bits"],
  ["192.168.1.8/28", "host bits within an octet"],
  ["10.0.0.0/7", "a prefix that is too short"],
  ["10.0.0.0/29", "a prefix that is too long"],
  ["127.0.0.0/8", "loopback"],
  ["224.0.0.0/8", "multicast"],
  ["0.0.0.0/8", "this network"],
  ["fd00::/16", "IPv6"],
])("%j is none: %s", (cidr) => {
  expect(parseSubnet(cidr)).toBeUndefined();
});

test.each([
  ["172.30.0.0/16", "172.30.0.1", "172.30.0.2", "172.30.0.8", "172.30.128.0/17"],
  ["10.0.0.0/8", "10.0.0.1", "10.0.0.2", "10.0.0.8", "10.128.0.0/9"],
  ["192.168.1.32/27", "192.168.1.33", "192.168.1.34", "192.168.1.40", "192.168.1.48/28"],
])("%s is laid out with a gateway, servers and dynamic addresses", (cidr, gateway, first, last, range) => {
  expect(gatewayAddress(cidr)).toBe(gateway);
  expect(consulAddress(cidr, 1)).toBe(first);
  expect(consulAddress(cidr, 7)).toBe(last);
  expect(dynamicRange(cidr)).toBe(range);
});

test.each([
  ["172.30.0.0/16", "172.30.0.2"],
  ["192.168.1.16/28", "192.168.1.18"],
])("in %s an agent with a fixed address has %s, which Docker hands out to nobody", (cidr, address) => {
  expect(agentAddress(cidr)).toBe(address);
  expect(subnetsOverlap(dynamicRange(cidr), `${address}/32`)).toBe(false);
  expect(gatewayAddress(cidr)).not.toBe(address);
});

test("the layout of something else is an error", () => {
  expect(() => gatewayAddress("10.0.0.1/8")).toThrow("not a usable IPv4 network: 10.0.0.1/8");
});

test.each([
  [0, 0, 30],
  [7, 0, 28],
  [8, 0, 27],
  [0, 7, 27],
  [15, 7, 27],
  [16, 7, 26],
  [31, 0, 26],
  [32, 7, 25],
  [1002, 0, 21],
])(
  "%d dynamic addresses and %d servers fit in a /%d and no smaller network",
  (addresses, servers, prefix) => {
    expect(prefixFor(addresses, servers)).toBe(prefix);
    expect(dynamicCapacity(prefix)).toBeGreaterThanOrEqual(addresses);
  },
);

test.each([
  ["10.0.0.0/8", "10.1.2.0/24", true],
  ["10.1.2.0/24", "10.0.0.0/8", true],
  ["10.1.2.0/24", "10.1.3.0/24", false],
  ["10.1.2.0/23", "10.1.3.0/24", true],
  ["fd00::/8", "10.0.0.0/8", false],
])("%s and %s overlap: %j", (a, b, overlap) => {
  expect(subnetsOverlap(a, b)).toBe(overlap);
});

test.each([
  ["0000A8C0", "00FFFFFF", "192.168.0.0/24"],
  ["00001EAC", "0000FFFF", "172.30.0.0/16"],
])("a route to %s with mask %s is one to %s", (destination, mask, cidr) => {
  expect(cidrOf(destination, mask)).toBe(cidr);
});

test("the control network of a stack that names none is in the range for tests, always the same, and seldom another stack's", () => {
  expect(controlSubnetOf("dev")).toBe("198.19.201.128/26");
  const subnets = Array.from({ length: 2000 }, (_, index) => controlSubnetOf(`stack-${index}`));
  expect(subnets.every((subnet) => parseSubnet(subnet)?.prefix === 26)).toBe(true);
  expect(subnets.every((subnet) => subnetsOverlap(subnet, "198.18.0.0/15"))).toBe(true);
  // Of 2,048, two thirds are hit by so many throws.
  expect(new Set(subnets).size).toBeGreaterThan(1200);
});
