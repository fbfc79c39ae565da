import type { ServiceSettings } from "../../config/settings.ts";
import { maxServerNumber } from "../../lib/consul-placement.ts";
import { balancerPort, consulPort, frontPorts, hostPorts, statsPort } from "../../lib/ports.ts";

const consul = { servers: 3, port: 8500, peerPort: 8300 };
const loadBalancers = {
  count: 1,
  max: 2,
  port: 8080,
  peerPort: 7443,
  statsPort: 9000,
  ipv6: false,
  drain: 1,
  stopGrace: 1,
  trustedProxies: [],
  maxConnectionsPerClient: 1,
};
const services = [{ name: "api", publish: 3000 }, { name: "web" }] as ServiceSettings[];
const datacenter = "dc1";
const settings = { consul, loadBalancers, services, hosts: [{ datacenter }] };
const severalHosts = { ...settings, hosts: [{ datacenter }, { datacenter }] };

test("ports derive from the first of their kind", () => {
  expect([1, 2, 4].map((i) => balancerPort(loadBalancers, i))).toStrictEqual([8181, 8282, 8484]);
  expect([1, 4].map((i) => statsPort(loadBalancers, i))).toStrictEqual([9001, 9004]);
  expect([1, 3].map((i) => consulPort(consul, i))).toStrictEqual([8500, 8502]);
});

test("front publishes for as many balancers as there may be", () => {
  const port = ["loadBalancers", "port"];
  const stats = ["loadBalancers", "statsPort"];
  expect(frontPorts(settings)).toStrictEqual([
    { port: 3000, ip: "0.0.0.0", what: "service api", path: ["services", "api", "publish"], offset: 0 },
    { port: 9001, ip: "127.0.0.1", what: "the statistics page of balancer 1", path: stats, offset: 1 },
    { port: 9002, ip: "127.0.0.1", what: "the statistics page of balancer 2", path: stats, offset: 2 },
    { port: 8080, ip: "0.0.0.0", what: "the balancers together", path: port, offset: 0 },
    { port: 8181, ip: "0.0.0.0", what: "balancer 1", path: port, offset: 101 },
    { port: 8282, ip: "0.0.0.0", what: "balancer 2", path: port, offset: 202 },
  ]);
});

test("a host takes the ports of its own Consul servers, too", () => {
  expect(hostPorts(settings, { consulServers: [3], datacenter })).toStrictEqual([
    { port: 8502, ip: "127.0.0.1", what: "Consul server 3", path: ["consul", "port"], offset: 2 },
    ...frontPorts(settings),
  ]);
  expect(hostPorts(settings, { consulServers: [], datacenter })).toStrictEqual(frontPorts(settings));
});

test("front is where the balancers of other hosts come, if there are any", () => {
  expect(frontPorts(severalHosts)).toStrictEqual([
    ...frontPorts(settings),
    {
      port: 7443,
      ip: "0.0.0.0",
      what: "the balancers of other hosts",
      path: ["loadBalancers", "peerPort"],
      offset: 0,
    },
  ]);
});

test("and, where a service speaks TCP, at a second port", () => {
  const [web, ...more] = severalHosts.services;
  const cache = { ...web, protocol: "tcp" } as (typeof severalHosts.services)[number];
  const ports = (all: typeof settings) =>
    frontPorts({ ...all, services: [...more, cache] }).map(({ port }) => port);
  expect(ports(severalHosts).slice(-2)).toStrictEqual([7443, 7444]);
  expect(ports(settings)).not.toContain(7444);
});

test.each<[consulServers: number[], ports: [port: number, what: string][]]>([
  [[], []],
  [
    [1],
    [
      [8302, "Consul server 1"],
      [8303, "Consul server 1"],
    ],
  ],
  [
    [2, 7],
    [
      [8304, "Consul server 2"],
      [8305, "Consul server 2"],
      [8314, "Consul server 7"],
      [8315, "Consul server 7"],
    ],
  ],
])("of several hosts each is open to the others' Consul: servers %j", (consulServers, ports) => {
  const open = (port: number, what: string) => ({
    port,
    ip: "0.0.0.0",
    what: `${what} for the other hosts`,
    path: ["consul", "peerPort"],
    offset: port - 8300,
  });
  expect(hostPorts(severalHosts, { consulServers, datacenter })).toStrictEqual([
    ...consulServers.map((i) => ({
      port: 8499 + i,
      ip: "127.0.0.1",
      what: `Consul server ${i}`,
      path: ["consul", "port"],
      offset: i - 1,
    })),
    ...ports.map(([port, what]) => open(port, what)),
    // Whatever the number of servers.
    open(8301, "the Consul agent"),
    ...frontPorts(severalHosts),
  ]);
});

test("no port is given twice, where every server that there may be is on one host", () => {
  const taken = hostPorts(severalHosts, {
    datacenter,
    consulServers: Array.from({ length: maxServerNumber }, (_, i) => i + 1),
  }).map(({ port }) => port);
  expect(new Set(taken).size).toBe(taken.length);
});

test("a host that is alone in its data centre has nobody to hear its Consul, but balancers elsewhere", () => {
  const hosts = [{ datacenter }, { datacenter: "dc2" }];
  const ports = hostPorts({ ...settings, hosts }, { consulServers: [1], datacenter });
  expect(ports.map(({ port }) => port)).toStrictEqual([
    8500,
    ...frontPorts(severalHosts).map(({ port }) => port),
  ]);
});
