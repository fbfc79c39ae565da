import type { HostSettings } from "../../config/settings.ts";
import { agentGossipPort, agentPeer, joinAddress, rpcAddress, serverPeer } from "../../lib/consul-peers.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** Settings with these Consul servers on the hosts, of which host i has the address 10.0.0.i. */
function settings(...servers: number[][]) {
  const hosts = servers.map((consulServers, index) => [
    `h${index + 1}`,
    { docker: `ssh://h${index + 1}`, address: `10.0.0.${index + 1}`, consulServers },
  ]);
  return settingsFrom({
    hosts: Object.fromEntries(hosts),
    network: { controlSubnet: "10.9.1.0/26" },
    consul: { servers: servers.flat().length },
  });
}

const oneHost = settings([1, 2, 3]);
const twoHosts = settings([1, 3], [2]);
const threeHosts = settings([], [1, 2, 3, 4], [5, 6, 7]);

describe("a server is heard", () => {
  test.each([
    ["on one host", oneHost, 1, "10.9.1.2", 8300, 8301, false],
    ["on one host", oneHost, 3, "10.9.1.4", 8300, 8301, false],
    ["on several", twoHosts, 1, "10.0.0.1", 8302, 8303, true],
    ["on several", twoHosts, 2, "10.0.0.2", 8304, 8305, true],
    ["on several", twoHosts, 3, "10.0.0.1", 8306, 8307, true],
    ["on several", threeHosts, 7, "10.0.0.3", 8314, 8315, true],
    // One that is to go has no home any more.
    ["on several, but on none of these", twoHosts, 4, "10.9.1.5", 8300, 8301, false],
  ])("%s, number %#", (_, settings, number, address, rpcPort, gossipPort, isPublished) => {
    expect(serverPeer(number, settings)).toStrictEqual({ address, rpcPort, gossipPort, isPublished });
  });

  test("at its host's peerAddress, and at ports that follow from peerPort", () => {
    const hosts = twoHosts.hosts.map((host) => ({
      ...host,
      peerAddress: `192.0.2${host.peerAddress.slice(6)}`,
    }));
    const consul = { ...twoHosts.consul, peerPort: 18_300 };
    expect(serverPeer(2, { ...twoHosts, hosts, consul })).toStrictEqual({
      address: "192.0.2.2",
      rpcPort: 18_304,
      gossipPort: 18_305,
      isPublished: true,
    });
  });

  test("on one host at the same place, whatever is set for several", () => {
    const hosts = oneHost.hosts.map((host) => ({ ...host, peerAddress: "192.0.2.1" }));
    const consul = { ...oneHost.consul, peerPort: 18_300 };
    expect(serverPeer(2, { ...oneHost, hosts, consul })).toStrictEqual(serverPeer(2, oneHost));
  });
});

describe("a host's agent is heard", () => {
  const agents = ({ hosts, consul }: typeof oneHost) =>
    hosts.map((host) => agentPeer(host, { hosts, consul }));
  const at = (...addresses: string[]) => addresses.map((address) => ({ address, gossipPort: 8301 }));
  test.each([
    ["where it is, on one host", oneHost, [undefined]],
    ["at its address, on two", twoHosts, at("10.0.0.1", "10.0.0.2")],
    ["at its address, on three", threeHosts, at("10.0.0.1", "10.0.0.2", "10.0.0.3")],
  ])("%s", (_, settings, peers) => {
    expect(agents(settings)).toStrictEqual(peers);
  });

  test.each([
    [8300, 8301],
    [1, 2],
  ])("from port %i on, at %i", (peerPort, port) => {
    expect(agentGossipPort({ peerPort })).toBe(port);
    const [host] = twoHosts.hosts as [HostSettings];
    const { hosts, consul } = twoHosts;
    expect(agentPeer(host, { hosts, consul: { ...consul, peerPort } })?.gossipPort).toBe(port);
  });
});

test.each([
  ["on one host", oneHost, 2, "10.9.1.3:8300", "10.9.1.3"],
  ["on several", twoHosts, 2, "10.0.0.2:8304", "10.0.0.2:8305"],
  ["on several", twoHosts, 3, "10.0.0.1:8306", "10.0.0.1:8307"],
])("%s, server %#: where RPC is, and what others join", (_, settings, number, rpc, join) => {
  const peer = serverPeer(number, settings);
  expect([rpcAddress(peer), joinAddress(peer)]).toStrictEqual([rpc, join]);
});

test("no two on a host are heard at the same port", () => {
  const { hosts, consul } = threeHosts;
  for (const host of hosts) {
    const servers = host.consulServers.map((number) => serverPeer(number, threeHosts));
    const ports = servers.flatMap(({ rpcPort, gossipPort }) => [rpcPort, gossipPort]);
    ports.push(agentPeer(host, { hosts, consul })?.gossipPort ?? 0);
    expect(new Set(ports).size).toBe(2 * host.consulServers.length + 1);
  }
});
