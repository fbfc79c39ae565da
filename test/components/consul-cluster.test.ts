import { ConsulAgent } from "../../components/consul-agent.ts";
import { ConsulCluster } from "../../components/consul-cluster.ts";
import { Credentials } from "../../components/credentials.ts";
import { authorityOf, certificateOf } from "../../lib/certificates.ts";
import {
  agentRules,
  balancerRules,
  operatorRules,
  registrationRules,
  serverRules,
} from "../../lib/consul-policies.ts";
import { uuidOf } from "../../lib/uuid.ts";
import { deploy, find, idsBelow, type Registered } from "../support/deploy.ts";
import { fixture } from "../support/fixture.ts";
import { dockerHosts } from "../support/hosts.ts";
import { remember } from "../support/remember.ts";
import { accessorOf, accessorOfAgent, secrets } from "../support/secrets.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** A cluster and, on each host, an agent. */
const run = remember(({ isFresh = false, ...config }: Record<string, unknown>): Promise<Registered[]> => {
  const settings = settingsFrom(config);
  return deploy(() => {
    const hosts = dockerHosts(settings);
    const credentials = new Credentials("credentials", settings);
    const allHosts = settings.hosts;
    const args = { ...settings, hosts, allHosts, isOnly: true, credentials, isFresh: isFresh === true };
    new ConsulCluster("consul", args);
    for (const host of hosts) {
      const opts = { providers: [host.provider] };
      new ConsulAgent(`agent-${host.key}`, { ...settings, host, credentials, after: [] }, opts);
    }
  });
});

const realm = uuidOf(`dc1 198.19.225.128/26 ${authorityOf(secrets.authority).certificate}`);

/** What a server or agent is given to be known by. */
function tlsFiles(name: string, owner: string) {
  const own = certificateOf(secrets.authority, name, owner);
  return [
    { file: "/consul/tls/authority.pem", content: authorityOf(secrets.authority).certificate },
    { file: "/consul/tls/own.pem", content: `${own.certificate}${own.key}`, permissions: "0600" },
  ];
}

const limited = { consul: { cpus: 1, memory: "256m" } };
const ofSize = (servers: number) => run({ consul: { servers } });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** The configuration that a Consul container is given. */
function configOf(all: readonly Registered[], id: string): string {
  const [upload] = find(all, id).inputs.uploads as { content: string }[];
  return upload?.content ?? "";
}

function line(config: string, key: string): string | undefined {
  return config
    .split("\n")
    .find((text) => text.startsWith(`${key} `))
    ?.split("= ")[1];
}

describe("Consul servers", () => {
  test.each([1, 3, 5, 7])("%i of them", async (servers) => {
    const all = await ofSize(servers);
    const ids = numbers(servers).flatMap((i) => [
      `Command consul--${i}--quorum`,
      `Container consul--${i}`,
      `Volume consul--${i}--data`,
    ]);
    expect(idsBelow(all, "ConsulCluster consul")).toStrictEqual([...ids, "Command consul--setup"].sort());
    expect(find(all, "ConsulCluster consul").outputs.endpoints).toStrictEqual(
      numbers(servers).map((i) => ({
        name: `test--consul--${i}`,
        url: `http://127.0.0.1:${8499 + i}/ui/`,
      })),
    );
  });

  test("the whole of one", async () => {
    const { inputs, ...rest } = find(await run(limited), "Container consul--1");
    expect(inputs).toStrictEqual({
      name: "test--consul--1",
      image: "sha256:local--consul",
      labels: [
        { label: "flotilla.consul", value: "hashicorp/consul:1.14.11" },
        { label: "flotilla.host", value: "local" },
        { label: "flotilla.realm", value: realm },
        { label: "flotilla.role", value: "consul" },
        { label: "flotilla.stack", value: "test" },
      ],
      logDriver: "local",
      logOpts: { "max-file": "3", "max-size": "10m" },
      restart: "always",
      removeVolumes: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges=true"],
      readOnly: false,
      cpus: "1",
      memory: 256,
      memorySwap: 256,
      networksAdvanced: [{ name: "test--control", ipv4Address: "198.19.225.130" }],
      ports: [{ internal: 8500, external: 8500, ip: "127.0.0.1" }],
      uploads: [
        {
          file: "/consul/config/server.hcl",
          content: fixture("server-that-founds.hcl"),
          permissions: "0600",
        },
        ...tlsFiles("server.dc1.consul", "test--consul--1"),
        { file: "/consul/founders.json", content: fixture("founders.json") },
      ],
      volumes: [{ volumeName: "test--consul--1--data", containerPath: "/consul/data" }],
      destroyGraceSeconds: 1,
    });
    expect(rest).toMatchObject({
      provider: "local",
      // Of the certificates that of the authority is none.
      secrets: ["uploads[0].content", "uploads[2].content"],
      secretOutputs: ["uploads"],
      deleteBeforeReplace: true,
    });
  });

  test("the fourth joins the first three, with address, port and name of its own", async () => {
    const all = await ofSize(5);
    expect(configOf(all, "Container consul--4")).toBe(fixture("server-that-joins.hcl"));
    expect(find(all, "Container consul--4").inputs).toMatchObject({
      name: "test--consul--4",
      networksAdvanced: [{ name: "test--control", ipv4Address: "198.19.225.133" }],
      ports: [{ internal: 8500, external: 8503, ip: "127.0.0.1" }],
      volumes: [{ volumeName: "test--consul--4--data", containerPath: "/consul/data" }],
    });
  });

  test.each([
    [1, ["1"], '["198.19.225.130"]'],
    [3, ["3", "3", "3"], '["198.19.225.130", "198.19.225.131", "198.19.225.132"]'],
    [5, ["3", "3", "3", undefined, undefined], '["198.19.225.130", "198.19.225.131", "198.19.225.132"]'],
    [
      7,
      ["3", "3", "3", undefined, undefined, undefined, undefined],
      '["198.19.225.130", "198.19.225.131", "198.19.225.132"]',
    ],
  ])("of %i at most three found the cluster, and all join those", async (servers, founders, addresses) => {
    const all = await ofSize(servers);
    const configs = numbers(servers).map((i) => configOf(all, `Container consul--${i}`));
    expect(configs.map((config) => line(config, "bootstrap_expect"))).toStrictEqual(founders);
    const joining = [...configs, configOf(all, "Container agent-local")];
    expect(new Set(joining.map((config) => line(config, "retry_join")?.trim()))).toStrictEqual(
      new Set([addresses]),
    );
  });

  test.each([
    [3, 5],
    [5, 7],
    [5, 3],
    [7, 5],
  ])("from %i to %i: nothing but the set-up hears of it", async (from, to) => {
    const [before, after] = [
      await run({ consul: { servers: from } }),
      await run({ consul: { servers: to } }),
    ];
    const ids = new Set(after.map(({ id }) => id));
    const stayed = before.filter(({ id }) => ids.has(id) && id !== "ConsulCluster consul");
    const changed = stayed.filter((old) => {
      const { dependsOn: _, ...now } = find(after, old.id);
      const { dependsOn: __, ...then } = old;
      return JSON.stringify(now) !== JSON.stringify(then);
    });
    expect(changed.map(({ id }) => id)).toStrictEqual(["Command consul--setup"]);
    expect(stayed.filter(({ type }) => type.endsWith(":Container"))).toHaveLength(2 + Math.min(from, to));
  });

  test("each is replaced only once the cluster is whole after the one before", async () => {
    const all = await ofSize(3);
    expect(find(all, "Container consul--3").dependsOn).not.toContain("Command consul--1--quorum");
    expect(find(all, "Container consul--2").dependsOn).toContain("Command consul--3--quorum");
    expect(find(all, "Container consul--1").dependsOn).toContain("Command consul--2--quorum");
    const quorum = find(all, "Command consul--2--quorum");
    expect(quorum.dependsOn).toContain("Container consul--2");
    expect(quorum.secrets).toStrictEqual(["stdin"]);
    // One that is made later waits, too, but for those that are there nothing changes by that.
    expect(quorum.ignoreChanges).toStrictEqual(["create"]);
    const { stdin, ...inputs } = quorum.inputs;
    expect(inputs).toStrictEqual({
      create: "exec node commands/consul-server.ts",
      update: "exec node commands/consul-server.ts",
      delete: "exec node commands/consul-server.ts --leave",
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    expect(JSON.parse(String(stdin))).toStrictEqual({
      stack: "test",
      docker: "unix:///var/run/docker.sock",
      serverHosts: ["unix:///var/run/docker.sock"],
      server: "test--consul--2",
      next: "test--consul--1",
      address: "198.19.225.131:8300",
      realm,
      founders: 3,
      containerId: "consul--2-id",
      managementToken: secrets.management,
    });
  });

  test("are made side by side where none is there", async () => {
    const all = await run({ consul: { servers: 3 }, isFresh: true });
    for (const number of [1, 2, 3])
      expect(find(all, `Container consul--${number}`).dependsOn).not.toContainEqual(
        expect.stringMatching("quorum"),
      );
    expect(find(all, "Command consul--setup").dependsOn).toContain("Command consul--3--quorum");
    expect(find(all, "Command consul--3--quorum").inputs).not.toHaveProperty("create");
  });

  test("are set up once all are there, with a token for each role", async () => {
    const setup = find(await ofSize(3), "Command consul--setup");
    expect(setup.dependsOn).toStrictEqual(
      expect.arrayContaining(numbers(3).map((i) => `Command consul--${i}--quorum`)),
    );
    expect(setup.secrets).toStrictEqual(["stdin"]);
    const { stdin, ...inputs } = setup.inputs;
    expect(inputs).toStrictEqual({
      create: "exec node commands/consul-setup.ts",
      update: "exec node commands/consul-setup.ts --whole",
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
    expect(JSON.parse(String(stdin))).toStrictEqual({
      stack: "test",
      docker: "unix:///var/run/docker.sock",
      server: "test--consul--1",
      servers: numbers(3).map((i) => `test--consul--${i}`),
      allServers: numbers(3).map((i) => `test--consul--${i}`),
      places: [],
      containerIds: numbers(3).map((i) => `consul--${i}-id`),
      hosts: { local: "unix:///var/run/docker.sock" },
      managementToken: secrets.management,
      gossipKey: secrets.gossipKey,
      policies: [
        {
          name: "flotilla-agent",
          description: "Consul's servers, for their own upkeep",
          rules: serverRules("test"),
          accessorId: accessorOf("agent"),
          secretId: secrets.server,
        },
        {
          name: "flotilla-agent--local",
          description: "Consul's agent on host local, for its own upkeep",
          rules: agentRules("test", "local"),
          accessorId: accessorOfAgent("local"),
          secretId: secrets.agent,
        },
        {
          name: "flotilla-balancer",
          description: "balancers: read the catalogue and the routes",
          rules: balancerRules("test"),
          accessorId: accessorOf("balancer"),
          secretId: secrets.balancer,
        },
        {
          name: "flotilla-registration",
          description: "pulumi up, movers: registrations and routes",
          rules: registrationRules("test"),
          accessorId: accessorOf("registration"),
          secretId: secrets.registration,
        },
        {
          name: "flotilla-operator",
          description: "npm run maintenance, npm run rollback",
          rules: operatorRules,
          accessorId: accessorOf("operator"),
          secretId: secrets.operator,
        },
      ],
    });
  });

  test.each([
    [true, {}],
    [false, { protect: false }],
  ])("their data is protected: %j", async (protect, config) => {
    const volume = find(await run(config), "Volume consul--3--data");
    expect(volume).toMatchObject({ inputs: { name: "test--consul--3--data" }, protect, provider: "local" });
  });

  test("live on the hosts that list them, wherever these stand in the list", async () => {
    const all = await run({
      hosts: {
        a: { docker: "tcp://a:2376", address: "10.0.0.1", consulServers: [3] },
        b: { docker: "tcp://b:2376", address: "10.0.0.2", consulServers: [2, 1] },
        c: { docker: "tcp://c:2376", address: "10.0.0.3", consulServers: [] },
      },
    });
    const providers = numbers(3).flatMap((i) => [
      find(all, `Volume consul--${i}--data`).provider,
      find(all, `Container consul--${i}`).provider,
    ]);
    expect(providers).toStrictEqual(["b", "b", "b", "b", "a", "a"]);
    const told = (id: string) => JSON.parse(String(find(all, id).inputs.stdin));
    expect(told("Command consul--3--quorum")).toMatchObject({
      docker: "tcp://a:2376",
      serverHosts: ["tcp://a:2376", "tcp://b:2376", "tcp://c:2376"],
    });
    expect(told("Command consul--setup")).toMatchObject({
      docker: "tcp://b:2376",
      server: "test--consul--1",
      hosts: { a: "tcp://a:2376", b: "tcp://b:2376", c: "tcp://c:2376" },
    });
    expect(find(all, "Container consul--2").dependsOn).toContain("Command consul--3--quorum");
    expect(find(all, "Container consul--1").dependsOn).toContain("Command consul--2--quorum");
  });
});

describe("several hosts", () => {
  const hosts = {
    a: { docker: "tcp://a:2376", address: "a.example", peerAddress: "10.0.0.1", consulServers: [1, 3] },
    b: { docker: "tcp://b:2376", address: "10.0.0.2", consulServers: [2, 4, 5] },
    c: { docker: "tcp://c:2376", address: "10.0.0.3", consulServers: [] },
  };
  const onThree = (consul: Record<string, unknown> = {}) => run({ hosts, consul: { servers: 5, ...consul } });
  const founders = ["10.0.0.1:8303", "10.0.0.2:8305", "10.0.0.1:8307"];
  const list = (addresses: readonly string[]) => `[${addresses.map((address) => `"${address}"`).join(", ")}]`;

  /** All values of a configuration's keys of that name, at whatever depth. */
  const valuesOf = (config: string, key: string) =>
    [...config.matchAll(new RegExp(`^ *${key} *= (.*)$`, "gm"))].map(([, value]) => value?.trim());
  const heard = (config: string) =>
    ["advertise_addr", "server", "serf_lan", "retry_join"].map((key) => valuesOf(config, key).at(-1));
  const open = (port: number, protocol = "tcp") => ({
    internal: port,
    external: port,
    ip: "0.0.0.0",
    protocol,
  });
  const ui = (number: number) => ({ internal: 8500, external: 8499 + number, ip: "127.0.0.1" });

  test("where servers don't come together, it is known where they should reach each other", async () => {
    const hosts = Object.fromEntries(
      ["a", "b", "c"].map((key, i) => [key, { docker: `ssh://${key}`, address: `10.0.0.${i + 1}` }]),
    );
    const { stdin } = find(await run({ hosts, consul: { servers: 3 } }), "Command consul--setup").inputs;
    const { server, places } = JSON.parse(String(stdin));
    expect(server).toBe("test--consul--1");
    expect(places).toStrictEqual(
      ["b", "c"].map((key, i) => ({
        address: `10.0.0.${i + 2}`,
        port: 8304 + 2 * i,
        what: `Consul server ${i + 2} on host ${key}`,
        setting: `flotilla:hosts.${key}.peerAddress`,
      })),
    );
  });

  test.each([
    [1, "10.0.0.1", 8302],
    [2, "10.0.0.2", 8304],
    [3, "10.0.0.1", 8306],
    [4, "10.0.0.2", 8308],
    [5, "10.0.0.2", 8310],
  ])("server %i is heard at %s, at port %i and the next one", async (number, address, port) => {
    const all = await onThree();
    const id = `Container consul--${number}`;
    expect(heard(configOf(all, id))).toStrictEqual([
      `"${address}"`,
      String(port),
      String(port + 1),
      list(founders),
    ]);
    expect(find(all, id).inputs).toMatchObject({
      // As on one host, by which its own host reaches it.
      networksAdvanced: [{ name: "test--control", ipv4Address: `198.19.225.${129 + number}` }],
    });
    expect(find(all, id).inputs.ports).toStrictEqual([
      open(port),
      open(port + 1),
      open(port + 1, "udp"),
      ui(number),
    ]);
    const told = JSON.parse(String(find(all, `Command consul--${number}--quorum`).inputs.stdin));
    expect(told.address).toBe(`${address}:${port}`);
  });

  test.each([
    ["a", "10.0.0.1"],
    ["b", "10.0.0.2"],
    ["c", "10.0.0.3"],
  ])("the agent on host %s is heard at %s", async (key, address) => {
    const all = await onThree();
    const id = `Container agent-${key}`;
    expect(heard(configOf(all, id))).toStrictEqual([`"${address}"`, "false", "8301", list(founders)]);
    expect(find(all, id).inputs.ports).toStrictEqual([open(8301), open(8301, "udp")]);
    // The second is always the same, for what the kernel keeps of connections.
    expect(find(all, id).inputs.networksAdvanced).toStrictEqual([
      { name: "test--control" },
      { name: "test", ipv4Address: "172.30.0.2" },
    ]);
  });

  test("whatever numbers they have, the three lowest found, and each waits for the next lower one", async () => {
    const numbered = { a: [2, 9], b: [14, 7], c: [5] };
    const all = await run({
      hosts: Object.fromEntries(
        Object.entries(hosts).map(([key, host]) => [key, { ...host, consulServers: numbered[key as "a"] }]),
      ),
      consul: { servers: 5 },
    });
    const [first, second, third] = ["10.0.0.1:8305", "10.0.0.3:8311", "10.0.0.2:8315"];
    const ids = [2, 5, 7, 9, 14].map((number) => `consul--${number}`);
    for (const [index, id] of ids.entries()) {
      const config = configOf(all, `Container ${id}`);
      expect(valuesOf(config, "retry_join")).toStrictEqual([list([first, second, third].map(String))]);
      expect([id, line(config, "bootstrap_expect")]).toStrictEqual([id, index < 3 ? "3" : undefined]);
      const quorum = find(all, `Command ${id}--quorum`);
      expect(JSON.parse(String(quorum.inputs.stdin)).next).toBe(
        index === 0 ? "test--consul--0" : `test--${ids[index - 1]}`,
      );
      const { dependsOn } = find(all, `Container ${id}`);
      expect(dependsOn.filter((other) => other.endsWith("--quorum"))).toStrictEqual(
        index === ids.length - 1 ? [] : [`Command ${ids[index + 1]}--quorum`],
      );
    }
    expect(find(all, "ConsulCluster consul").outputs.endpoints).toHaveLength(5);
  });

  test("the founders find each other there once they have been elsewhere", async () => {
    const all = await onThree();
    const uploads = find(all, "Container consul--5").inputs.uploads as { file: string; content: string }[];
    const text = uploads.find(({ file }) => file === "/consul/founders.json")?.content ?? "";
    expect(JSON.parse(text)).toStrictEqual(
      ["10.0.0.1:8302", "10.0.0.2:8304", "10.0.0.1:8306"].map((address, index) => ({
        id: uuidOf(`test server ${index + 1}`),
        address,
        non_voter: false,
      })),
    );
  });

  test("ports follow from peerPort, and are published in ascending order, as the provider compares them", async () => {
    const all = await onThree({ peerPort: 18_300 });
    expect(heard(configOf(all, "Container consul--2")).slice(0, 3)).toStrictEqual([
      '"10.0.0.2"',
      "18304",
      "18305",
    ]);
    expect(find(all, "Container consul--2").inputs.ports).toStrictEqual([
      ui(2),
      open(18_304),
      open(18_305),
      open(18_305, "udp"),
    ]);
    expect(find(all, "Container agent-c").inputs.ports).toStrictEqual([open(18_301), open(18_301, "udp")]);
  });

  /** What servers that can't speak to each other differ in. */
  const realmOn = async (config: Record<string, unknown>) => {
    const { stdin } = find(await run(config), "Command consul--1--quorum").inputs;
    return JSON.parse(String(stdin)).realm as string;
  };
  const { a, b, c } = hosts;
  const at = (first: object) => ({ hosts: { a: { ...a, ...first }, b, c }, consul: { servers: 5 } });
  test.each<[string, Record<string, unknown>, boolean]>([
    ["at another of their hosts' addresses", at({ peerAddress: "10.0.0.9" }), true],
    ["at other ports", { hosts, consul: { servers: 5, peerPort: 18_300 } }, false],
    ["on one host", { consul: { servers: 5 } }, false],
    ["where users find another address", at({ address: "other.example" }), true],
    ["in another control network", { ...at({}), network: { controlSubnet: "10.9.1.0/26" } }, true],
    [
      "more of them",
      { hosts: { ...hosts, b: { ...b, consulServers: [2, 4, 5, 6, 7] } }, consul: { servers: 7 } },
      true,
    ],
  ])("can still be spoken to %s", async (_, config, same) => {
    expect((await realmOn(config)) === (await realmOn(at({})))).toBe(same);
  });

  test("a single host has none of it, whatever is set for several", async () => {
    const all = await run({
      hosts: { local: { address: "192.0.2.1", peerAddress: "192.0.2.2" } },
      consul: { servers: 5, peerPort: 18_300 },
    });
    const plain = await ofSize(5);
    for (const { id, inputs } of plain.filter(({ type }) => !type.startsWith("flotilla:")))
      expect([id, find(all, id).inputs]).toStrictEqual([id, inputs]);
    expect(find(all, "Container consul--1").inputs.ports).toStrictEqual([ui(1)]);
    expect(find(all, "Container agent-local").inputs).not.toHaveProperty("ports");
    expect(heard(configOf(all, "Container agent-local"))).toStrictEqual([
      undefined,
      "false",
      undefined,
      list(["198.19.225.130", "198.19.225.131", "198.19.225.132"]),
    ]);
  });
});

describe("a host's agent", () => {
  test("the whole of it", async () => {
    const all = await run(limited);
    expect(idsBelow(all, "ConsulAgent agent-local")).toStrictEqual([
      "Container agent-local",
      "Volume agent-local--data",
      "Volume agent-local--socket",
    ]);
    const { inputs, ...rest } = find(all, "Container agent-local");
    expect(inputs).toStrictEqual({
      name: "test--agent--local",
      image: "sha256:local--consul",
      labels: [
        { label: "flotilla.host", value: "local" },
        { label: "flotilla.role", value: "agent" },
        { label: "flotilla.stack", value: "test" },
      ],
      logDriver: "local",
      logOpts: { "max-file": "3", "max-size": "10m" },
      restart: "always",
      removeVolumes: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges=true"],
      readOnly: false,
      cpus: "1",
      memory: 256,
      memorySwap: 256,
      networksAdvanced: [{ name: "test--control" }, { name: "test" }],
      uploads: [
        { file: "/consul/config/agent.hcl", content: fixture("agent.hcl"), permissions: "0600" },
        ...tlsFiles("client.dc1.consul", "test--agent--local"),
      ],
      volumes: [
        { volumeName: "test--agent--local--data", containerPath: "/consul/data" },
        { volumeName: "test--agent--local--socket", containerPath: "/run/consul" },
      ],
      destroyGraceSeconds: 15,
    });
    expect(rest).toMatchObject({
      provider: "local",
      secrets: ["uploads[0].content", "uploads[2].content"],
      secretOutputs: ["uploads"],
      deleteBeforeReplace: true,
    });
  });

  test("keeps what can be told anew: its volume is not protected", async () => {
    expect(find(await ofSize(3), "Volume agent-local--data")).toMatchObject({
      inputs: { name: "test--agent--local--data" },
      protect: false,
      provider: "local",
    });
  });
});

test("credentials are random, long, and secret before anything is derived from them", async () => {
  const all = await ofSize(3);
  const ids = idsBelow(all, "Credentials credentials");
  const purposes = [
    "agent",
    "authority",
    "balancer",
    "gossip",
    "management",
    "operator",
    "registration",
    "stats",
  ];
  expect(ids).toStrictEqual(purposes.map((purpose) => `RandomPassword credentials-${purpose}`));
  expect(ids.map((id) => find(all, id).inputs)).toStrictEqual(
    purposes.map((purpose) => ({ length: purpose === "stats" ? 24 : 32, special: false })),
  );
  expect(ids.every((id) => find(all, id).secretOutputs.includes("result"))).toBe(true);
});
