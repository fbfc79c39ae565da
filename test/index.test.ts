import { find, type Registered } from "./support/deploy.ts";
import {
  everything,
  host,
  ofConfig,
  ofConfigWithout,
  ofFreshStack,
  ofStackFile,
  roleOf,
  urnsOf,
} from "./support/program.ts";
import { accessorOf, accessorOfAgent, secrets } from "./support/secrets.ts";

/** How many there are of each type, less the components, which make nothing by themselves. */
function countsOf(resources: readonly Registered[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { id } of resources.filter(({ type }) => !type.startsWith("flotilla:"))) {
    const [type = ""] = id.split(" ");
    counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

const containersOf = (resources: readonly Registered[]) =>
  resources.filter(({ type }) => type === "docker:index/container:Container");

describe("Pulumi.dev.yaml", () => {
  test("makes what the picture shows", async () => {
    const { resources } = await ofStackFile("dev");
    expect(countsOf(resources)).toStrictEqual({
      docker: 1,
      Network: 2,
      // 3 Consul servers, agent, front, 2 balancers, warden, log keeper, 4 copies, two log volume containers.
      Container: 15,
      // One for each Consul server, two for the agent, the logs of balancers and of the service.
      Volume: 7,
      RemoteImage: 6,
      RandomPassword: 8,
      // A quorum for each server, their set-up, balancers, registration, routes, former tokens; the image that is built, and our own.
      Command: 10,
    });
    expect(resources.filter(({ protect }) => protect)).toStrictEqual([]);
  });

  test("tells where everything is, and keeps the secrets secret", async () => {
    const { outputs, secretOutputs } = await ofStackFile("dev");
    expect(outputs).toStrictEqual({
      url: "http://127.0.0.1:8080/",
      loadBalancers: [1, 2].map((i) => ({
        name: `dev--balancer--local--${i}`,
        url: `http://127.0.0.1:${8080 + 101 * i}/`,
        statsUrl: `http://127.0.0.1:${9000 + i}/`,
      })),
      consul: [1, 2, 3].map((i) => ({ name: `dev--consul--${i}`, url: `http://127.0.0.1:${8499 + i}/ui/` })),
      services: {
        web: { replicas: 4, instances: [1, 2, 3, 4].map((i) => `dev--web--local--${i}-0a1b2c3`) },
      },
      hosts: {
        local: {
          docker: "unix:///var/run/docker.sock",
          agent: "dev--agent--local",
          networks: ["local--network-id", "local--control-id"],
          datacenter: "dc1",
          consulServers: [1, 2, 3],
        },
      },
      consulToken: secrets.management,
      operatorToken: secrets.operator,
      statsPassword: secrets.statsPassword,
    });
    expect(secretOutputs).toStrictEqual(["consulToken", "operatorToken", "statsPassword"]);
  });
});

describe("Pulumi.prod.yaml", () => {
  test("makes the same on three hosts, and pushes what it builds", async () => {
    const { resources } = await ofStackFile("prod");
    expect(countsOf(resources)).toStrictEqual({
      docker: 3,
      Network: 6,
      // 3 Consul servers in each data centre; on each host an agent, front, 3 balancers, a warden, a log keeper and the volume
      // container of the balancers' logs; 10 copies, the store and its replica; for those on 3 hosts 4 containers for logs and
      // 2 for data.
      Container: 46,
      Volume: 21,
      // Our own five and the service's on each host, and of two services that hosts have in common.
      RemoteImage: 19,
      RandomPassword: 8,
      Command: 29,
    });
    const built = resources.filter(({ type }) => type.endsWith(":RemoteImage"));
    const names = built.map(({ inputs }) => String(inputs.name).split(":")[0]);
    expect([...new Set(names)].sort()).toStrictEqual(
      ["balancer", "consul", "front", "log-keeper", "replica", "store", "warden", "web"].map(
        (name) => `registry.example.com/flotilla/prod--${name}`,
      ),
    );
  });

  test("protects the data and its keys, and nothing that would only be in the way", async () => {
    const { resources } = await ofStackFile("prod");
    expect(resources.filter(({ protect }) => protect).map(({ id }) => id)).toStrictEqual([
      ...["management", "agent", "balancer", "registration", "operator", "authority", "gossip", "stats"].map(
        (purpose) => `RandomPassword credentials-${purpose}`,
      ),
      // By data centre, and by host.
      ...[3, 1, 2, 6, 5, 4].map((i) => `Volume consul--${i}--data`),
      "Volume store--a_data",
      "Volume replica--c_data",
    ]);
  });

  test("limits every container that works", async () => {
    const { resources } = await ofStackFile("prod");
    const limits = containersOf(resources).map((container) => {
      const { cpus, memory, memorySwap } = container.inputs;
      return `${roleOf(container)}: ${cpus}, ${memory}, ${memorySwap}`;
    });
    expect(new Set(limits)).toStrictEqual(
      new Set([
        "consul: 1, 256, 256",
        "agent: 1, 256, 256",
        "balancer: 1, 256, 256",
        "server: 0.5, 128, 128",
        "server: 0.5, 256, 256",
        // Asleep, and never started.
        "front: undefined, undefined, undefined",
        "volumes: undefined, undefined, undefined",
        "warden: undefined, undefined, undefined",
        "keeper: undefined, undefined, undefined",
      ]),
    );
  });
});

describe("what comes after what", () => {
  test.each([
    ["Container agent-local", "Command consul--setup"],
    ["Container dev--balancer--local--1", "Container agent-local"],
    ["Command web--local--registration", "Command consul--setup"],
    ["Command web--local--registration", "Command balancers-local-ready"],
    ["Command web--local--registration", "Container dev--web--local--4"],
    ["RoutingTable routes", "Command web--local--registration"],
    ["TokenRevocation former-tokens", "Command routes"],
  ])("%s after %s", async (later, earlier) => {
    expect(find((await ofStackFile("dev")).resources, later).dependsOn).toContain(earlier);
  });

  test("where nothing of the stack runs, routes, balancers and copies don't wait for one another", async () => {
    const { resources } = await ofFreshStack("dev");
    const side = ["RoutingTable routes", "Command balancers-local-ready", "Command web--local--registration"];
    for (const one of side)
      expect(side.filter((other) => find(resources, one).dependsOn.includes(other))).toStrictEqual([]);
    expect(find(resources, "RoutingTable routes").dependsOn).toContain("Container agent-local");
    // What others wait for comes first.
    const first = ["Container consul--1", "Container consul--3", "Container dev--front--local"];
    expect(find(resources, "Container dev--web--local--1").dependsOn).toStrictEqual(
      expect.arrayContaining(first),
    );
    expect(find(resources, "TokenRevocation former-tokens").dependsOn).toStrictEqual(
      expect.arrayContaining(["Command routes", ...side.slice(1)]),
    );
  });

  test("the agent's volumes wait for nothing, so that they are deleted along with others", async () => {
    const { resources } = await ofStackFile("dev");
    expect(find(resources, "Volume agent-local--data").dependsOn).toStrictEqual([]);
    expect(find(resources, "Volume agent-local--socket").dependsOn).toStrictEqual([]);
    expect(find(resources, "ConsulAgent agent-local").dependsOn).toStrictEqual([]);
  });

  test("copies start at once: they wait for no Consul and no balancer", async () => {
    expect(
      find((await ofStackFile("dev")).resources, "Container dev--web--local--1").dependsOn,
    ).toStrictEqual(["Container web--local--logs", "Network local--network", "RemoteImage web--local"]);
  });
});

test("what revokes former tokens is told the present ones' public names, and no other secret than its own", async () => {
  const { resources } = await ofStackFile("dev");
  expect(JSON.parse(String(find(resources, "Command former-tokens").inputs.stdin))).toStrictEqual({
    docker: "unix:///var/run/docker.sock",
    server: "dev--consul--1",
    managementToken: secrets.management,
    policies: [
      { name: "flotilla-agent", description: expect.any(String), accessorId: accessorOf("agent") },
      {
        name: "flotilla-agent--local",
        description: expect.any(String),
        accessorId: accessorOfAgent("local"),
      },
      { name: "flotilla-balancer", description: expect.any(String), accessorId: accessorOf("balancer") },
      {
        name: "flotilla-registration",
        description: expect.any(String),
        accessorId: accessorOf("registration"),
      },
      { name: "flotilla-operator", description: expect.any(String), accessorId: accessorOf("operator") },
    ],
  });
});

test("whoever tells Consul something is told again what Consul is once it has lost its data", async () => {
  const { resources } = await ofStackFile("dev");
  for (const id of ["Command web--local--registration", "Command routes"]) {
    const told = JSON.parse(String(find(resources, id).inputs.stdin));
    expect([id, told.consulId]).toStrictEqual([id, "what consul--setup printed"]);
  }
});

describe("several hosts", () => {
  test("a copy waits for volumes of its own host, also those of a service that is made later", async () => {
    const volume = { name: "data", path: "/data" };
    const { resources } = await ofConfig({
      hosts: {
        b: { docker: "ssh://b", address: "10.0.0.1" },
        d: { docker: "ssh://d", address: "10.0.0.2" },
      },
      services: {
        api: { image: "api", port: 80, default: true, volumes: [{ ...volume, owner: "store" }] },
        store: {
          image: "store",
          volumes: [volume, { name: "mine", path: "/mine", owner: "web" }],
          requires: { api: { service: "api" } },
        },
        web: { image: "web", volumes: [{ name: "mine", path: "/mine" }] },
      },
    });
    for (const key of ["b", "d"]) {
      const waitsFor = (service: string) =>
        find(resources, `Container test--${service}--${key}--1`).dependsOn.filter((id) =>
          /^Volume .*_/.test(id),
        );
      expect(waitsFor("api")).toStrictEqual([`Volume store--${key}_data`]);
      expect(waitsFor("store")).toStrictEqual([`Volume store--${key}_data`, `Volume web--${key}_mine`]);
    }
  });

  test("each resource is made by the provider of its host", async () => {
    const { resources } = await ofConfig(everything);
    const ofHost = (key: string) =>
      resources
        .filter(({ provider }) => provider === key)
        .map(({ id }) => id)
        .sort();
    const common = (key: string) => [
      `Container ${key}--logs`,
      `Container agent-${key}`,
      `Container test--balancer--${key}--1`,
      `Container test--balancer--${key}--2`,
      `Container test--front--${key}`,
      `Container warden-${key}`,
      `Container keeper-${key}`,
      `Container test--web--${key}--1`,
      `Container test--web--${key}--2`,
      `Container web--${key}--logs`,
      `Volume web--${key}--logs--test--logs--web`,
      `RemoteImage ${key}--balancer`,
      `RemoteImage ${key}--consul`,
      `RemoteImage ${key}--front`,
      `RemoteImage ${key}--log-keeper`,
      `RemoteImage ${key}--warden`,
      `RemoteImage web--${key}`,
      `Volume ${key}--logs--test--logs`,
      `Volume agent-${key}--data`,
      `Volume agent-${key}--socket`,
      `Volume web--${key}_uploads`,
      `Network ${key}--control`,
      `Network ${key}--network`,
    ];
    const b = [
      "Container consul--1",
      "Container consul--3",
      "Volume consul--1--data",
      "Volume consul--3--data",
    ];
    const d = [
      "Container consul--2",
      "Container test--db--d--1",
      "Container db--d--logs",
      "Volume db--d--logs--test--logs--db",
      "RemoteImage db--d postgres:18",
      "Volume consul--2--data",
    ];
    expect(ofHost("b")).toStrictEqual([...common("b"), ...b].sort());
    expect(ofHost("d")).toStrictEqual([...common("d"), ...d].sort());
    // What is no text goes to providers as JSON.
    const registryAuth = JSON.stringify([
      { address: "registry.example.com", username: "me", password: "hush-registry" },
    ]);
    expect(find(resources, "docker b").inputs).toStrictEqual({ host: "tcp://b:2376", registryAuth });
    expect(find(resources, "docker d").inputs).toStrictEqual({ host: "tcp://d:2376", registryAuth });

    const stray = resources.filter(({ type, provider }) => type.startsWith("docker:") && provider === "");
    expect(stray).toStrictEqual([]);
  });

  test.each(["a", "c"])("one more, %s: what runs on the others hears nothing of it", async (key) => {
    const before = (await ofConfig(everything)).resources;
    const hosts = { ...everything.hosts, [key]: host(key, []) };
    const after = (await ofConfig({ ...everything, hosts })).resources;
    const differing = before.filter(
      ({ id, inputs }) => JSON.stringify(inputs) !== JSON.stringify(find(after, id).inputs),
    );
    expect(differing.map(({ id }) => id).sort()).toStrictEqual([
      // Where a server that goes looks for agents.
      ...[1, 2, 3].map((number) => `Command consul--${number}--quorum`),
      // Looks at all balancers for what Consul may have lost.
      "Command consul--setup",
      // Which agents there are, and so whose tokens stay.
      "Command former-tokens",
      "Command image-web",
      // Whether they reach it.
      ...["b", "d"].map((key) => `Command reach-${key}`),
      // Each balancer's share of a load limit is smaller now.
      "Command routes",
    ]);

    const told = (all: readonly Registered[]) => JSON.parse(String(find(all, "Command routes").inputs.stdin));
    expect(told(after).balancerHosts).toStrictEqual(
      [...told(before).balancerHosts, `tcp://${key}:2376`].sort(),
    );
    for (const { id, provider, protect, deleteBeforeReplace } of before) {
      expect(find(after, id)).toMatchObject({ provider, protect, deleteBeforeReplace });
    }
  });

  test.each([
    ["b", "d", 2],
    ["d", "b", 1],
  ])("that host %s goes, Consul is told on host %s", async (key, other, number) => {
    const { stdin } = find((await ofConfig(everything)).resources, `Command consul--member--${key}`).inputs;
    const { docker, server } = JSON.parse(String(stdin));
    expect([docker, server]).toStrictEqual([`tcp://${other}:2376`, `test--consul--${number}`]);
  });

  test("a service runs only where it is told to", async () => {
    const { outputs } = await ofConfig(everything);
    expect(outputs.services).toStrictEqual({
      web: {
        replicas: 2,
        instances: ["b--1", "b--2", "d--1", "d--2"].map((suffix) => `test--web--${suffix}-0a1b2c3`),
      },
      db: { replicas: 1, instances: ["test--db--d--1-0a1b2c3"] },
    });
  });
});

describe("a host that is absent", () => {
  const output = { networks: ["one"], consulServers: [2] };
  const all = async () => (await ofConfig(everything)).resources;
  const withoutD = async () => ofConfigWithout(everything, { d: { output, urns: urnsOf(await all()) } });

  test("has nothing made, and the others have all that they had", async () => {
    const [before, { resources }] = [await all(), await withoutD()];
    const made = resources.filter(({ ignoreChanges }) => !ignoreChanges.includes("*"));
    const ids = (some: readonly Registered[]) => some.map(({ id }) => id).sort();
    const onB = before.filter(({ provider, type }) => provider === "b" && type.startsWith("docker:"));
    expect(
      ids(made.filter(({ provider, type }) => provider !== "" && type.startsWith("docker:"))),
    ).toStrictEqual(ids(onB));
    // Its containers hear nothing of it.
    for (const { id, inputs, type } of onB)
      if (type.endsWith(":Container")) expect([id, find(made, id).inputs]).toStrictEqual([id, inputs]);
  });

  test("is told of in the outputs as it was, and in no others", async () => {
    const { outputs } = await withoutD();
    expect(outputs.absentHosts).toStrictEqual({ d: output });
    expect(Object.keys(outputs.hosts as object)).toStrictEqual(["b"]);
    expect(outputs.hosts).toMatchObject({ b: { consulServers: [1, 3] } });
    expect(outputs.url).toBe("http://10.0.0.11:8080/");
    expect(outputs.services).toStrictEqual({
      db: { replicas: 1, instances: [] },
      web: { replicas: 2, instances: ["test--web--b--1-0a1b2c3", "test--web--b--2-0a1b2c3"] },
    });
    expect(outputs.consul).toStrictEqual(
      [1, 3].map((i) => ({ name: `test--consul--${i}`, url: expect.any(String) })),
    );
    expect((await ofConfig(everything)).outputs).not.toHaveProperty("absentHosts");
  });

  test("that was never reached has nothing to be left", async () => {
    const { resources, outputs } = await ofConfigWithout(everything, { d: { output: undefined, urns: [] } });
    expect(resources.filter(({ type }) => type.endsWith(":AbsentHost"))).toStrictEqual([]);
    expect(resources.filter(({ id }) => id === "docker d")).toStrictEqual([]);
    expect(outputs.absentHosts).toStrictEqual({ d: {} });
  });

  test("is one that others wait for: Consul has servers and an agent's token for it", async () => {
    const told = (resources: readonly Registered[], id: string) =>
      JSON.parse(String(find(resources, id).inputs.stdin));
    const { resources } = await withoutD();
    const setup = told(resources, "Command consul--setup");
    expect(setup).toMatchObject({
      servers: ["test--consul--1", "test--consul--3"],
      allServers: ["test--consul--1", "test--consul--2", "test--consul--3"],
      hosts: { b: "tcp://b:2376" },
    });
    expect(setup.policies.map(({ name }: { name: string }) => name)).toContain("flotilla-agent--d");
    // Each balancer has the share of a load limit that it has with all of them.
    expect(told(resources, "Command routes").routes).toStrictEqual(
      told(await all(), "Command routes").routes,
    );
    expect(told(resources, "Command routes").balancerHosts).toStrictEqual(["tcp://b:2376"]);
  });

  test("Consul's servers stay where the state has them, and one of a host that is no more is another one", async () => {
    const hosts = {
      b: { ...everything.hosts.b, consulServers: undefined },
      d: { ...everything.hosts.d, consulServers: undefined },
    };
    const config = { ...everything, hosts };
    const known = { b: { consulServers: [2] }, d: { consulServers: [5] }, e: { consulServers: [1] } };
    const { outputs } = await ofConfigWithout(config, {}, known);
    expect(outputs.hosts).toMatchObject({ b: { consulServers: [2, 3] }, d: { consulServers: [5] } });
  });
});

describe("several data centres", () => {
  const { b, d } = everything.hosts;
  const dealtOut = { ...d, consulServers: undefined };
  const hosts = {
    b: { ...b, consulServers: undefined },
    d: { ...dealtOut, datacenter: "dc2" },
    e: { ...dealtOut, docker: "tcp://e:2376", address: "10.0.0.14", datacenter: "dc2" },
  };
  const config = { ...everything, hosts, consul: { servers: 1 } };
  const told = (resources: readonly Registered[], id: string) =>
    JSON.parse(String(find(resources, id).inputs.stdin));

  test("each has a Consul of its own, whose servers nobody mistakes for another's", async () => {
    const { resources, outputs } = await ofConfig(config);
    expect(outputs.hosts).toMatchObject({
      b: { datacenter: "dc1", consulServers: [1] },
      d: { datacenter: "dc2", consulServers: [2] },
      e: { datacenter: "dc2", consulServers: [] },
    });
    for (const [name, hosts, server] of [
      ["dc1", ["b"], 1],
      ["dc2", ["d", "e"], 2],
    ] as const) {
      const setup = told(resources, `Command consul--setup--${name}`);
      expect(Object.keys(setup.hosts)).toStrictEqual(hosts);
      expect(setup.allServers).toStrictEqual([`test--consul--${server}`]);
    }
    // Alone in its data centre, it has nobody to be heard by.
    expect(find(resources, "Container consul--1").inputs.ports).toHaveLength(1);
    expect(find(resources, "Container consul--2").inputs.ports).toHaveLength(4);
  });

  test("each has its own routes, in which the others are what a service fails over to", async () => {
    const { resources } = await ofConfig(config);
    const failover = (name: string) =>
      Object.fromEntries(
        told(resources, `Command routes--${name}`).routes.services.map(
          ({ name, peers }: { name: string; peers: { failover: { name: string }[] } }) => [
            name,
            peers.failover.map((host) => host.name),
          ],
        ),
      );
    expect(failover("dc1")).toStrictEqual({
      db: ["test--agent--d"],
      web: ["test--agent--d", "test--agent--e"],
    });
    expect(failover("dc2")).toStrictEqual({ db: [], web: ["test--agent--b"] });
    expect(told(resources, "Command routes--dc2").balancerHosts).toStrictEqual([
      "tcp://d:2376",
      "tcp://e:2376",
    ]);
  });

  test("one that nobody reaches leaves the other as it is", async () => {
    const before = await ofConfig(config);
    const output = { networks: ["one"], consulServers: [1], datacenter: "dc1" };
    const { resources } = await ofConfigWithout(config, { b: { output, urns: urnsOf(before.resources) } });
    const others = before.resources.filter(
      ({ provider, type }) => provider !== "b" && provider !== "" && type.startsWith("docker:"),
    );
    for (const { id, inputs, type } of others)
      if (type.endsWith(":Container")) expect([id, find(resources, id).inputs]).toStrictEqual([id, inputs]);
    for (const id of ["Command routes--dc2", "Command consul--setup--dc2"])
      expect(told(resources, id)).toStrictEqual(told(before.resources, id));
    const member = "Command consul--member--b";
    expect(find(resources, member).inputs).toStrictEqual(find(before.resources, member).inputs);
  });
});

/** Every text in a value, with its path. */
function texts(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, part]) =>
    texts(part, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key),
  );
}

describe("in all that is made", () => {
  const all = async () => [
    ...(await ofConfig(everything)).resources,
    ...(await ofStackFile("dev")).resources,
    ...(await ofStackFile("prod")).resources,
  ];
  const hushed = [...Object.values(secrets), "password-of-", "hush-registry", "hush-web"];

  test("no text was made from something that was not there yet, or not a text", async () => {
    const spoiled = (await all()).flatMap(({ id, inputs }) =>
      texts(inputs)
        .filter(([, text]) => /Calling \[toString\]|\[object |undefined|NaN/.test(text))
        .map(([path]) => `${id}: ${path}`),
    );
    expect(spoiled).toStrictEqual([]);
  });

  test("secrets stand only where they are marked as such", async () => {
    const leaks = (await all()).flatMap(({ id, inputs, outputs, secrets: marked }) =>
      [...texts(inputs).filter(([path]) => !marked.includes(path)), ...texts(outputs)]
        .filter(([, text]) => hushed.some((secret) => text.includes(secret)))
        .map(([path]) => `${id}: ${path}`),
    );
    expect(leaks).toStrictEqual([]);
  });

  test("a container gets to see its own secrets only", async () => {
    const named = { ...secrets, web: "hush-web", registry: "hush-registry" };
    const seen: Record<string, Set<string>> = {};
    for (const container of containersOf(await all())) {
      const text = JSON.stringify(container.inputs);
      const names = Object.entries(named).filter(([, secret]) => text.includes(secret));
      seen[roleOf(container)] ??= new Set();
      for (const [name] of names) seen[roleOf(container)]?.add(name);
    }
    expect(seen).toStrictEqual({
      consul: new Set(["management", "server", "gossipKey"]),
      agent: new Set(["agent", "gossipKey"]),
      balancer: new Set(["balancer", "statsPassword"]),
      server: new Set(["web"]),
      front: new Set(),
      volumes: new Set(),
      warden: new Set(),
      keeper: new Set(),
    });
    const db = find((await ofConfig(everything)).resources, "Container test--db--d--1");
    expect(JSON.stringify(db.inputs)).not.toContain("hush");
  });

  test("every container says whose it is, how long it may take to end, and what it may log", async () => {
    for (const { id, inputs } of containersOf(await all())) {
      const labels = inputs.labels as { label: string }[];
      expect([id, labels.map(({ label }) => label)]).toStrictEqual([
        id,
        expect.arrayContaining(["flotilla.host", "flotilla.role", "flotilla.stack"]),
      ]);
      const { logOpts, destroyGraceSeconds, start } = inputs;
      expect([id, logOpts]).toStrictEqual([id, { "max-size": "10m", "max-file": "3" }]);
      // Left unset, it would be killed at once.
      expect([id, start === false || Number(destroyGraceSeconds) > 0]).toStrictEqual([id, true]);
    }
  });

  test("names of containers are names in DNS, with Pulumi's suffix where they have no fixed one", async () => {
    for (const { name, inputs } of containersOf(await all())) {
      expect(String(inputs.name ?? `${name}-0000000`)).toMatch(/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/);
    }
  });

  test("what every resource of one host depends on is there", async () => {
    const { resources } = await ofConfig(everything);
    const ids = new Set(resources.map(({ id }) => id));
    expect(ids.size).toBe(resources.length);
    for (const { dependsOn } of resources) {
      expect(dependsOn.filter((id) => !ids.has(id))).toStrictEqual([]);
    }
  });
});
