import * as pulumi from "@pulumi/pulumi";
import { dataFaults, isOlder } from "../../preflight/data.ts";
import type { RunningContainer } from "../../preflight/engine.ts";
import { type EngineNetwork, networkFaults } from "../../preflight/networks.ts";
import { warnOfOutages } from "../../preflight/outages.ts";
import { settingsFrom } from "../support/settings-from.ts";

const settings = settingsFrom({ hosts: { a: { docker: "tcp://a:2376" } } });
const [host] = settings.hosts;
if (!host) throw new Error("no host");

const network = (Name: string, ...subnets: string[]): EngineNetwork => ({
  Id: `id-of-${Name}`,
  Name,
  IPAM: { Config: subnets.length > 0 ? subnets.map((Subnet) => ({ Subnet })) : null },
});
const others = [network("none"), network("bridge", "172.17.0.0/16", "fd00::/64")];
const own = network("test", "172.30.0.0/16");
const knows = async (id: string) => id === own.Id;
const knowsNothing = async () => false;

describe("a network that is free", () => {
  test.each([
    ["not there yet", others, knowsNothing],
    ["this stack's own", [...others, own], knows],
  ])("%s", async (_, networks, known) => {
    expect(await networkFaults(settings, host, networks, known)).toStrictEqual([]);
  });
});

test.each(["172.30.0.0/16", "172.30.4.0/30", "172.16.0.0/12"])("of which %s has some", async (subnet) => {
  const networks = [...others, network("shop_default", subnet)];
  expect(await networkFaults(settings, host, networks, knowsNothing)).toStrictEqual([
    `host a: network 172.30.0.0/16 (flotilla:network.subnet) overlaps Docker network shop_default (${subnet}). Choose ` +
      "another, such as one that `docker network ls` and `ip route` do not show.",
  ]);
});

test("the control network is looked at as the other is", async () => {
  const networks = [
    ...others,
    network("vpn", "198.18.0.0/15"),
    network("test--control", "198.19.225.128/26"),
  ];
  expect(await networkFaults(settings, host, networks, knowsNothing)).toStrictEqual([
    expect.stringMatching(
      /^host a: there is a network test--control already that this stack's state does not know/,
    ),
  ]);
  expect(await networkFaults(settings, host, networks.slice(0, -1), knowsNothing)).toStrictEqual([
    "host a: network 198.19.225.128/26 (flotilla:network.controlSubnet) overlaps Docker network vpn (198.18.0.0/15). " +
      "Choose another, such as one that `docker network ls` and `ip route` do not show.",
  ]);
});

test("a stack of the same name that another state knows", async () => {
  const [fault] = await networkFaults(settings, host, [...others, own], knowsNothing);
  expect(fault).toMatch(/^host a: there is a network test already that this stack's state does not know/);
  const docker = `docker -H ${host.docker}`;
  const remove = `${docker} rm --force $(${docker} ps --all --quiet --filter label=flotilla.stack=test)`;
  const data = `${docker} volume ls --quiet --filter name=^test--consul-- | xargs --no-run-if-empty ${docker} volume rm`;
  expect(fault?.endsWith(`: ${remove}; ${docker} network rm test; ${data}`)).toBe(true);
});

describe("an outage is announced", () => {
  const warnings = (networks: EngineNetwork[], containers: Partial<RunningContainer>[]) => {
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    warnOfOutages(settings, host, containers as RunningContainer[], networks);
    const said = warn.mock.calls.map(([text]) => text);
    warn.mockRestore();
    return said;
  };
  const ports = [8080, 8181, 8282, 8383, 8484, 9001, 9002, 9003, 9004];
  const front = { name: "test--front--a", stack: "test", ports, ipv6: false };

  test.each([
    ["nothing runs", others, []],
    ["nothing changes", [...others, own], [front]],
  ])("not where %s", (_, networks, containers) => {
    expect(warnings(networks, containers)).toStrictEqual([]);
  });

  test("where the subnet changes", () => {
    expect(warnings([network("test", "10.0.0.0/24")], [front])).toStrictEqual([
      "host a: OUTAGE. network.subnet changes from 10.0.0.0/24 to 172.30.0.0/16: the network is replaced, with every " +
        "container in it, and requests fail until the new ones serve (about a minute).",
    ]);
  });

  test("where published ports change", () => {
    expect(warnings([own], [{ ...front, ports: [...ports.slice(1), 8079] }])).toStrictEqual([
      "host a: OUTAGE. Published ports change (8079, 8080): test--front--a, which holds them all, is replaced with its " +
        "balancers, and requests fail for some seconds.",
    ]);
  });

  test("where they are no longer to be published on IPv6", () => {
    expect(warnings([own], [{ ...front, ipv6: true }])).toStrictEqual([
      "host a: OUTAGE. Published ports change (no IPv6 any more): test--front--a, which holds them all, is replaced with " +
        "its balancers, and requests fail for some seconds.",
    ]);
  });
});

describe("Consul's data", () => {
  const server = (consul: string) =>
    [
      { name: "test--consul--1", stack: "test", role: "consul", consul, ports: [], ipv6: false },
    ] as RunningContainer[];

  test.each([
    [[]],
    [server("hashicorp/consul:1.14.11")],
    [server("hashicorp/consul:1.14.2")],
    [server("mine")],
  ])("can be read after %j", (containers) => {
    expect(dataFaults(settings, host, containers)).toStrictEqual([]);
  });

  test("of a newer Consul can't", () => {
    expect(dataFaults(settings, host, server("hashicorp/consul:1.22.5"))).toStrictEqual([
      "host a: Consul's data was written by hashicorp/consul:1.22.5, and can't be taken down to hashicorp/consul:1.14.11 " +
        "(flotilla:consul.image). Stay with that one or a newer one, or take the stack down first, data and all.",
    ]);
  });

  test("of a stack made by an earlier version can't", () => {
    expect(dataFaults(settings, host, server(""))[0]).toMatch(
      /^host a: stack test was made by an earlier version/,
    );
  });

  test.each([
    ["consul:1.14", "consul:1.15", true],
    ["consul:1.14.11", "consul:2.0", true],
    ["consul:1.14.11", "consul:1.14.12", false],
    ["consul:1.22", "consul:1.14", false],
    ["consul:latest", "consul:1.14", false],
    ["registry:5000/consul", "consul:1.14", false],
  ])("%s is older than %s: %j", (image, than, older) => {
    expect(isOlder(image, than)).toBe(older);
  });
});
