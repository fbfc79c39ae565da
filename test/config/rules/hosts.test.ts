import { parseSettings } from "../../../config/parse.ts";
import { context, faultsOf } from "../../support/faults-of.ts";
import { settingsFrom } from "../../support/settings-from.ts";
import { asConfig } from "../../support/stack-file.ts";

const certificates = ["ca.pem", "cert.pem", "key.pem"].map((file) => `certs/${file}`);
const lookUp = (path: string) => {
  if (["certs", "half"].includes(path)) return "folder";
  return [...certificates, "half/cert.pem"].includes(path) ? "file" : undefined;
};
const tcp = "tcp://a:2376";
const open =
  "flotilla:hosts.a.docker: must not be tcp:// without TLS, since whoever reaches that port owns the machine: set hosts.a.tls " +
  "to a folder with ca.pem, cert.pem and key.pem, or DOCKER_TLS_VERIFY and DOCKER_CERT_PATH in the environment; " +
  'hosts.a.insecure: true takes it as it is; got "tcp://a:2376"';

test.each<[Record<string, unknown>, boolean, string[]]>([
  [{ docker: tcp }, false, [open]],
  [{ docker: tcp }, true, []],
  [{ docker: tcp, insecure: true }, false, []],
  [{ docker: tcp, insecure: false }, false, [open]],
  [{ docker: tcp, tls: "certs" }, false, []],
  [{ docker: tcp, tls: "certs" }, true, []],
  [{ docker: "ssh://a" }, false, []],
  [{}, false, []],
  [
    { docker: tcp, tls: "nowhere" },
    false,
    ['flotilla:hosts.a.tls: must be a folder that exists, relative to the project, got "nowhere"'],
  ],
  [
    { docker: tcp, tls: "half" },
    false,
    [
      'flotilla:hosts.a.tls: must be a folder with ca.pem, cert.pem and key.pem in it, got "half" without ca.pem and key.pem',
    ],
  ],
  [
    { docker: "ssh://a", tls: "certs" },
    false,
    ['flotilla:hosts.a.tls: must stand with a tcp:// endpoint only, got "certs" with "ssh://a"'],
  ],
  [
    { insecure: true },
    false,
    ["flotilla:hosts.a.insecure: must stand with a tcp:// endpoint without TLS only, got true"],
  ],
  [
    { docker: tcp, tls: "certs", insecure: true },
    false,
    ["flotilla:hosts.a.insecure: must stand with a tcp:// endpoint without TLS only, got true"],
  ],
  [
    { docker: tcp, tls: 1 },
    false,
    ["flotilla:hosts.a.tls: must be a folder, relative to the project, got 1"],
  ],
])("%j, TLS in the environment: %j", (a, hasClientTls, faults) => {
  expect(faultsOf({ hosts: { a } }, { hasClientTls, lookUp })).toStrictEqual(faults);
});

test("what is set for TLS goes wherever the endpoint goes", () => {
  const config = asConfig({ hosts: { a: { docker: tcp, tls: "certs" } } });
  const parsed = parseSettings(config, { ...context, lookUp });
  expect("settings" in parsed && parsed.settings.hosts).toStrictEqual([
    {
      key: "a",
      docker: { host: tcp, tls: "certs" },
      address: "127.0.0.1",
      peerAddress: "127.0.0.1",
      datacenter: "dc1",
      weight: 1,
      state: "active",
      consulServers: [1, 2, 3],
      placesServers: false,
    },
  ]);
});

/** Hosts a, b and so on, each with an engine of its own. */
const hostsWith = (...rest: Record<string, unknown>[]) =>
  Object.fromEntries(
    rest.map((host, index) => {
      const key = "abcdefg".charAt(index);
      return [key, { docker: `ssh://${key}`, ...host }];
    }),
  );

describe("where the hosts find each other", () => {
  const mustBe = (place: string, key: string, got: string) =>
    `hosts.${key}.${place}: must be an IPv4 address at which the other hosts reach this one, neither loopback nor multicast, or else hosts.${key}.peerAddress must be set to one, got "${got}"`;
  const twin = (place: string, other: string, got: string) =>
    `hosts.b.${place}: must not be the address of host ${other}, got "${got}"`;
  const [a, b] = [{ address: "10.0.0.1" }, { address: "10.0.0.2" }];
  test.each<[string, Record<string, unknown>[], string[]]>([
    ["at addresses of their own", [a, b], []],
    ["as long as there are others", [{}], []],
    ["as long as there are others", [{ address: "a.example" }], []],
    ["not by loopback, as is the default", [{}, b], [mustBe("address", "a", "127.0.0.1")]],
    ["not by another loopback", [a, { address: "127.0.0.2" }], [mustBe("address", "b", "127.0.0.2")]],
    ["not by multicast", [a, { address: "224.0.0.2" }], [mustBe("address", "b", "224.0.0.2")]],
    ["not by a name", [a, { address: "b.example" }], [mustBe("address", "b", "b.example")]],
    ["not by IPv6", [{ address: "2001:db8::1" }, b], [mustBe("address", "a", "2001:db8::1")]],
    ["none of them", [{}, {}], [mustBe("address", "a", "127.0.0.1"), mustBe("address", "b", "127.0.0.1")]],
    ["not at one address", [a, a], [twin("address", "a", "10.0.0.1")]],
    ["at a peerAddress, whatever the address is", [{ peerAddress: "10.0.0.1" }, b], []],
    [
      "at a peerAddress, whatever the address is",
      [
        { address: "a.example", peerAddress: "10.0.0.1" },
        { address: "::1", peerAddress: "10.0.0.2" },
      ],
      [],
    ],
    [
      "at a peerAddress, behind one address for users",
      [
        { address: "192.0.2.1", peerAddress: "10.0.0.1" },
        { address: "192.0.2.1", peerAddress: "10.0.0.2" },
      ],
      [],
    ],
    [
      "not at one peerAddress",
      [
        { ...a, peerAddress: "10.0.0.9" },
        { ...b, peerAddress: "10.0.0.9" },
      ],
      [twin("peerAddress", "a", "10.0.0.9")],
    ],
    ["not at another's address", [a, { peerAddress: "10.0.0.1" }], [twin("peerAddress", "a", "10.0.0.1")]],
    ["not at another's peerAddress", [{ peerAddress: "10.0.0.2" }, b], [twin("address", "a", "10.0.0.2")]],
    [
      "nothing is said of an address that is bad by itself",
      [a, { peerAddress: "b.example" }],
      ['hosts.b.peerAddress: must be an IPv4 address, neither loopback nor multicast, got "b.example"'],
    ],
  ])("%s: %j", (_, hosts, lines) => {
    expect(faultsOf({ hosts: hostsWith(...hosts) })).toStrictEqual(lines.map((line) => `flotilla:${line}`));
  });

  test.each([
    [{ address: "10.0.0.9" }, "10.0.0.9"],
    [{ address: "a.example", peerAddress: "10.0.0.9" }, "10.0.0.9"],
    [{ address: "10.0.0.8", peerAddress: "10.0.0.9" }, "10.0.0.9"],
  ])("%j is found at %s", (host, peerAddress) => {
    const [first] = settingsFrom({ hosts: hostsWith(host, b) }).hosts;
    expect(first).toMatchObject({ address: host.address, peerAddress });
  });
});

describe("the Consul servers' homes", () => {
  const places = (count: number) => Array.from({ length: count }, (_, i) => ({ address: `10.0.0.${i + 1}` }));
  test.each<[servers: number, hosts: number, homes: number[][]]>([
    [3, 1, [[1, 2, 3]]],
    [1, 2, [[1], []]],
    [3, 2, [[1, 3], [2]]],
    [
      5,
      2,
      [
        [1, 3, 5],
        [2, 4],
      ],
    ],
    [3, 3, [[1], [2], [3]]],
    [
      7,
      3,
      [
        [1, 4, 7],
        [2, 5],
        [3, 6],
      ],
    ],
    [3, 4, [[1], [2], [3], []]],
    [5, 4, [[1, 5], [2], [3], [4]]],
  ])("%i are dealt out to %i hosts that list none: %j", (servers, hosts, homes) => {
    const settings = settingsFrom({ hosts: hostsWith(...places(hosts)), consul: { servers } });
    expect(settings.hosts.map(({ consulServers }) => consulServers)).toStrictEqual(homes);
  });

  test("in the order of the hosts' keys, not of the config", () => {
    const { a, b, c } = hostsWith(...places(3));
    // As text, since whatever is none is sorted on its way.
    const { hosts } = settingsFrom({ hosts: JSON.stringify({ c, a, b }) });
    expect(hosts.map(({ key, consulServers }) => [key, consulServers])).toStrictEqual([
      ["a", [1]],
      ["b", [2]],
      ["c", [3]],
    ]);
  });

  const mustList = "must list the Consul servers that live here ([] for none), since other hosts list theirs";
  test.each<[lists: (number[] | undefined)[], lines: string[]]>([
    [[[1, 2, 3], []], []],
    [[[1, 2, 3], undefined], [`.b.consulServers: ${mustList}, got nothing`]],
    [[undefined, [2], undefined], ["a", "c"].map((key) => `.${key}.consulServers: ${mustList}, got nothing`)],
    [[[], undefined], [`.b.consulServers: ${mustList}, got nothing`]],
    [[[1], [2]], [": must list 3 Consul servers in all (consul.servers) in their consulServers, got 2"]],
    [[[], []], [": must list 3 Consul servers in all (consul.servers) in their consulServers, got 0"]],
    [
      [
        [1, 2],
        [2, 3],
      ],
      [".b.consulServers[0]: must not be a server that already lives on host a, got 2"],
    ],
  ])("listed: %j", (lists, lines) => {
    const hosts = hostsWith(
      ...lists.map((consulServers, i) => ({
        address: `10.0.0.${i + 1}`,
        ...(consulServers && { consulServers }),
      })),
    );
    expect(faultsOf({ hosts })).toStrictEqual(lines.map((line) => `flotilla:hosts${line}`));
  });
});

describe("the services of a host", () => {
  const web = { image: "nginx", port: 80 };
  const route = { path: "/other" };
  test.each<[string, Record<string, string>, string[], string[]]>([
    ["that is active", {}, ["a", "b", "c"], ["a", "b"]],
    ["that is drained drop out of it", { b: "drained" }, ["a", "c"], ["a"]],
    ["that is the only one of a service go", { a: "drained", b: "drained" }, ["c"], []],
    // What runs there runs on.
    ["that is away stay what they are", { b: "away" }, ["a", "b", "c"], ["a", "b"]],
  ])("%s", (_, states, byDefault, named) => {
    const hosts = hostsWith(
      ...["a", "b", "c"].map((key, i) => ({
        address: `10.0.0.${i + 1}`,
        ...(states[key] && { state: states[key] }),
      })),
    );
    const services = { web: { ...web, default: true }, other: { ...web, route, hosts: ["b", "a"] } };
    const settings = settingsFrom({ hosts, services });
    expect(settings.services.map(({ name, hosts }) => [name, hosts])).toStrictEqual([
      ["other", named],
      ["web", byDefault],
    ]);
    // Consul's servers stay on each.
    expect(settings.hosts.map(({ consulServers }) => consulServers)).toStrictEqual([[1], [2], [3]]);
  });
});

describe("several data centres", () => {
  const at = (address: string, datacenter: string, rest: object = {}) => ({ address, datacenter, ...rest });
  const here = at("10.0.0.1", "dc1");
  const mustBe = (key: string, got: string) =>
    `hosts.${key}.address: must be an IPv4 address or a DNS name at which the hosts of other data centres reach this one, got "${got}"`;
  test.each<[string, Record<string, unknown>[], string[]]>([
    ["each with a host", [here, at("10.0.0.2", "dc2")], []],
    ["by names", [at("a.example", "dc1"), at("b.example", "dc2")], []],
    [
      "with addresses of their own behind those for all",
      [
        at("192.0.2.1", "dc1", { peerAddress: "10.0.0.1" }),
        at("192.0.2.2", "dc2", { peerAddress: "10.0.0.1" }),
      ],
      [],
    ],
    ["not by loopback, as is the default", [here, { datacenter: "dc2" }], [mustBe("b", "127.0.0.1")]],
    ["not by this machine's name", [here, at("localhost", "dc2")], [mustBe("b", "localhost")]],
    ["not by IPv6", [here, at("2001:db8::1", "dc2")], [mustBe("b", "2001:db8::1")]],
    [
      "not at one address",
      [here, at("10.0.0.1", "dc2")],
      [
        'hosts.b.address: must not be the address of host a, since other data centres reach hosts by it, got "10.0.0.1"',
      ],
    ],
    [
      "of several hosts, which must find each other, too",
      [at("a.example", "dc1"), at("b.example", "dc1", { peerAddress: "10.0.0.2" }), at("10.0.0.3", "dc2")],
      [
        'hosts.a.address: must be an IPv4 address at which the other hosts reach this one, neither loopback nor multicast, or else hosts.a.peerAddress must be set to one, got "a.example"',
      ],
    ],
  ])("%s: %j", (_, hosts, lines) => {
    expect(faultsOf({ hosts: hostsWith(...hosts) })).toStrictEqual(lines.map((line) => `flotilla:${line}`));
  });

  test.each([
    [2, 7, []],
    [5, 3, []],
    [
      3,
      7,
      [
        "consul.servers: must be at most 5 with 3 data centres, which have 15 Consul servers at most all together, got 7",
      ],
    ],
    [
      6,
      3,
      [
        "consul.servers: must be at most 2 with 6 data centres, which have 15 Consul servers at most all together, got 3",
      ],
    ],
  ])("%i of them with %i servers each", (count, servers, lines) => {
    const hosts = hostsWith(...Array.from({ length: count }, (_, i) => at(`10.0.0.${i + 1}`, `dc${i}`)));
    expect(faultsOf({ hosts, consul: { servers } })).toStrictEqual(lines.map((line) => `flotilla:${line}`));
  });

  test("servers that are listed are as many in each, and nobody's twice", () => {
    const of = (...numbers: number[][]) =>
      faultsOf({
        hosts: hostsWith(
          ...numbers.map((consulServers, i) => at(`10.0.0.${i + 1}`, `dc${i + 1}`, { consulServers })),
        ),
        consul: { servers: 1 },
      });
    expect(of([1], [2])).toStrictEqual([]);
    expect(of([1], [1])).toStrictEqual([
      "flotilla:hosts.b.consulServers[0]: must not be a server that already lives on host a, got 1",
    ]);
    expect(of([1, 2], [])).toStrictEqual(
      [
        ["dc1", 2],
        ["dc2", 0],
      ].map(
        ([name, got]) =>
          `flotilla:hosts: must list 1 Consul servers in all (consul.servers) in their consulServers, in data centre ${name}, got ${got}`,
      ),
    );
  });

  test("a service fails over to those that there are", () => {
    const hosts = hostsWith(here, at("10.0.0.2", "dc2"));
    const web = { image: "nginx", port: 80, default: true };
    expect(faultsOf({ hosts, services: { web: { ...web, failover: ["dc2", "dc1"] } } })).toStrictEqual([]);
    expect(faultsOf({ hosts, services: { web: { ...web, failover: ["dc3"] } } })).toStrictEqual([
      'flotilla:services.web.failover[0]: must be one of the data centres (dc1, dc2), got "dc3"',
    ]);
    expect(faultsOf({ hosts, services: { mail: { image: "mail", failover: ["dc2"] } } })).toStrictEqual([
      "flotilla:services.mail.failover: must stand beside port, since a service without one is a worker, which answers no requests, got a list",
    ]);
  });

  test("each has room for servers that move", () => {
    const hosts = hostsWith(here, at("10.0.0.2", "dc2"));
    const network = { subnet: "10.1.0.0/24", controlSubnet: "10.2.0.0/27" };
    expect(faultsOf({ hosts, network })).toStrictEqual([
      'flotilla:network.controlSubnet: must be a /26 or larger to have up to 30 Consul servers in its lower half and an agent in its upper one, got "10.2.0.0/27"',
    ]);
  });
});
