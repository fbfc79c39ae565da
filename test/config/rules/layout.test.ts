import { faultsOf } from "../../support/faults-of.ts";

const web = { image: "nginx", port: 80 };

const hostsAt = (...addresses: string[]) =>
  Object.fromEntries(
    addresses.map((address, index) => {
      const key = "abcd"[index];
      return [key, { docker: `ssh://${key}`, address }];
    }),
  );
const twoHosts = hostsAt("10.0.0.1", "10.0.0.2");

describe("host ports", () => {
  test.each<[Record<string, unknown>, string]>([
    [
      { consul: { port: 8180 } },
      "consul.port: Consul server 2 and balancer 1 (loadBalancers.port) both take host port 8181",
    ],
    [
      { loadBalancers: { statsPort: 8079, max: 1 } },
      "loadBalancers.statsPort: the statistics page of balancer 1 and the balancers together (loadBalancers.port) both take host port 8080",
    ],
    [
      { services: { web: { ...web, publish: 8484 } } },
      "services.web.publish: service web and balancer 4 (loadBalancers.port) both take host port 8484",
    ],
    [
      { services: { web: { ...web, publish: 8500 } } },
      "consul.port: Consul server 1 and service web (services.web.publish) both take host port 8500",
    ],
    [
      { loadBalancers: { ipv6: true, statsPort: 40_847 } },
      "loadBalancers.port: the balancers together can't have host port 8080 with loadBalancers.ipv6: that takes port 40848 inside the balancers, which the statistics page of balancer 1 (loadBalancers.statsPort) has",
    ],
    [
      { loadBalancers: { ipv6: true }, services: { web: { ...web, publish: 40_848 } } },
      "loadBalancers.port: the balancers together can't have host port 8080 with loadBalancers.ipv6: that takes port 40848 inside the balancers, which service web (services.web.publish) has",
    ],
    [
      { loadBalancers: { ipv6: true }, services: { web: { ...web, publish: 32_768 } } },
      "services.web.publish: service web can't have host port 32768 with loadBalancers.ipv6: that takes port 0 inside the balancers, which is no port",
    ],
    [
      { hosts: twoHosts, consul: { peerPort: 8078 } },
      "consul.peerPort: Consul server 1 for the other hosts and the balancers together (loadBalancers.port) both take host port 8080",
    ],
    [
      { hosts: twoHosts, consul: { peerPort: 8079 } },
      "consul.peerPort: the Consul agent for the other hosts and the balancers together (loadBalancers.port) both take host port 8080",
    ],
    [
      { hosts: twoHosts, consul: { port: 8299 } },
      "consul.port: Consul server 3 and the Consul agent for the other hosts (consul.peerPort) both take host port 8301",
    ],
    [
      { hosts: twoHosts, loadBalancers: { peerPort: 8181 } },
      "loadBalancers.port: balancer 1 and the balancers of other hosts (loadBalancers.peerPort) both take host port 8181",
    ],
    [
      { hosts: twoHosts, loadBalancers: { peerPort: 8301 } },
      "consul.peerPort: the Consul agent for the other hosts and the balancers of other hosts (loadBalancers.peerPort) both take host port 8301",
    ],
    [
      { hosts: twoHosts, loadBalancers: { peerPort: 8302 } },
      "consul.peerPort: Consul server 1 for the other hosts and the balancers of other hosts (loadBalancers.peerPort) both take host port 8302",
    ],
    [
      { hosts: twoHosts, services: { web: { ...web, publish: 7443 } } },
      "services.web.publish: service web and the balancers of other hosts (loadBalancers.peerPort) both take host port 7443",
    ],
  ])("%j", (config, line) => {
    expect(faultsOf(config)).toStrictEqual([`flotilla:${line}`]);
  });

  test.each([
    ["that no single host needs", { consul: { peerPort: 8080 }, loadBalancers: { peerPort: 8181 } }],
    [
      "that servers on different hosts have",
      { hosts: hostsAt("10.0.0.1", "10.0.0.2", "10.0.0.3"), consul: { port: 8306 } },
    ],
    ["by themselves", { hosts: twoHosts }],
  ])("%s", (_, config) => {
    expect(faultsOf(config)).toStrictEqual([]);
  });
});

describe("several hosts", () => {
  const [a, b] = [
    { docker: "ssh://a", address: "10.0.0.1", consulServers: [1, 3] },
    { docker: "ssh://b", address: "10.0.0.2", consulServers: [2] },
  ];
  const mustList = "must list the Consul servers that live here ([] for none), since other hosts list theirs";
  test.each<[Record<string, unknown>, string[]]>([
    [{ hosts: { a, b } }, []],
    // A server that has moved is another one.
    [{ hosts: { a, b: { ...b, consulServers: [14] } } }, []],
    [{ hosts: { a: { ...a, state: "away" }, b } }, []],
    [{ hosts: { a: { ...a, state: "drained" }, b } }, []],
    [
      { hosts: { a: { ...a, state: "away" }, b: { ...b, state: "drained" } } },
      [
        'hosts.a.state: must be "active" on one host at least, got "away"',
        'hosts.b.state: must be "active" on one host at least, got "drained"',
      ],
    ],
    [
      { hosts: { a, b: { ...b, docker: "ssh://a" } } },
      ['hosts.b.docker: must not be the engine of host a, got "ssh://a"'],
    ],
    [
      { hosts: { a, b: { ...b, datacenter: "dc2" } } },
      [
        "hosts: must list 3 Consul servers in all (consul.servers) in their consulServers, in data centre dc1, got 2",
        "hosts: must list 3 Consul servers in all (consul.servers) in their consulServers, in data centre dc2, got 1",
      ],
    ],
    [
      { hosts: { a, b: { ...b, consulServers: undefined } } },
      [`hosts.b.consulServers: ${mustList}, got nothing`],
    ],
    [
      { hosts: { a, b: { ...b, consulServers: [] } } },
      ["hosts: must list 3 Consul servers in all (consul.servers) in their consulServers, got 2"],
    ],
    [
      { hosts: { a, b: { ...b, consulServers: [2, 3] } } },
      ["hosts.b.consulServers[1]: must not be a server that already lives on host a, got 3"],
    ],
    [
      { hosts: { a, b: { ...b, consulServers: [2, 5] } } },
      ["hosts: must list 3 Consul servers in all (consul.servers) in their consulServers, got 4"],
    ],
    [
      { hosts: { a }, consul: { servers: 5 } },
      ["hosts: must list 5 Consul servers in all (consul.servers) in their consulServers, got 2"],
    ],
    [
      { hosts: { a, b }, services: { web: { ...web, publish: 8080 } } },
      [
        "services.web.publish: service web and the balancers together (loadBalancers.port) both take host port 8080",
      ],
    ],
    [
      { hosts: { a, b }, services: { web: { ...web, hosts: ["c"] } } },
      ['services.web.hosts[0]: must be one of the hosts (a, b), got "c"'],
    ],
  ])("%j", (config, lines) => {
    expect(faultsOf(config)).toStrictEqual(lines.map((line) => `flotilla:${line}`));
  });
});

describe("size of the network", () => {
  const subnet = (subnet: string) => ({ network: { subnet } });
  test.each<[string, number, string[]]>([
    ["10.0.0.0/27", 6, []],
    [
      "10.0.0.0/27",
      7,
      [
        'must be a /26 or larger to have 16 addresses in its upper half (2, and 2 a replica), got "10.0.0.0/27"',
      ],
    ],
    [
      "10.0.0.0/24",
      500,
      [
        'must be a /21 or larger to have 1002 addresses in its upper half (2, and 2 a replica), got "10.0.0.0/24"',
      ],
    ],
    ["10.0.0.0/28", 2, []],
  ])("%s with %d replicas", (cidr, replicas, messages) => {
    expect(faultsOf({ ...subnet(cidr), services: { web: { ...web, replicas } } })).toStrictEqual(
      messages.map((message) => `flotilla:network.subnet: ${message}`),
    );
  });

  test.each([
    [5, 1, []],
    [1, 5, []],
    [
      5,
      2,
      [
        'must be a /26 or larger to have 16 addresses in its upper half (2, and 2 a replica), got "10.0.0.0/27"',
      ],
    ],
  ])("each host has one, for the services that it runs: %d on both, %d on one", (both, one, messages) => {
    const services = {
      both: { ...web, replicas: both },
      one: { ...web, replicas: one, publish: 3000, hosts: ["b"] },
    };
    expect(faultsOf({ ...subnet("10.0.0.0/27"), hosts: twoHosts, services })).toStrictEqual(
      messages.map((message) => `flotilla:network.subnet: ${message}`),
    );
  });
});

describe("the control network", () => {
  const key = "flotilla:network.controlSubnet";
  test.each([
    ["as it is by itself", {}, []],
    ["another one", { controlSubnet: "10.0.0.0/27" }, []],
    [
      "too small for Consul's servers",
      { controlSubnet: "10.0.0.0/28" },
      [
        'must be a /27 or larger to have up to 7 Consul servers in its lower half and an agent in its upper one, got "10.0.0.0/28"',
      ],
    ],
    [
      "within the other",
      { subnet: "10.0.0.0/16", controlSubnet: "10.0.1.0/24" },
      ['must not overlap network.subnet, 10.0.0.0/16, got "10.0.1.0/24"'],
    ],
    [
      "by itself within the other",
      { subnet: "198.19.0.0/16" },
      [
        'must not overlap network.subnet, 198.19.0.0/16 (it is the stack\'s default), got "198.19.201.128/26"',
      ],
    ],
  ])("%s", (_, network, messages) => {
    const lines = messages.map((message) => `${key}: ${message}`);
    expect(faultsOf({ network })).toStrictEqual(lines);
    // Each host has its own.
    expect(faultsOf({ network, hosts: twoHosts })).toStrictEqual(lines);
  });
});

describe("names", () => {
  const rule = "must have at most 24 lower-case letters, digits and single dashes, a letter first";
  test.each(["Dev", "1dev", "dev_1", "dev--1", "dev-", "d".repeat(25)])("stack %s", (stack) => {
    const [first] = faultsOf({}, { stack });
    expect(first).toBe(`stack name: ${rule}, since names of containers start with it, got "${stack}"`);
  });

  test("must not add up to more than DNS takes", () => {
    const stack = "s".repeat(24);
    const name = "w".repeat(18);
    const full = `${stack}--${name}--local--500-0000000`;
    expect(faultsOf({ services: { [name.slice(1)]: web } }, { stack })).toStrictEqual([]);
    expect(faultsOf({ services: { [name]: web } }, { stack })).toStrictEqual([
      `flotilla:services.${name}: must have a shorter name, or else the stack or the host must: a container would be ${full}, which has 64 characters of at most 63`,
    ]);
  });

  test("of balancers count as well", () => {
    const key = "h".repeat(24);
    const stack = "s".repeat(17);
    expect(faultsOf({ hosts: { [key]: {} } }, { stack })).toStrictEqual([
      `flotilla:hosts.${key}: must have a shorter name, or else the stack or the host must: a container would be ${stack}--balancer--${key}--16-0000000, which has 65 characters of at most 63`,
    ]);
  });
});
