import type { ConsulSetupArgs } from "../../commands/consul-setup.ts";
import {
  type ConsulAnswer,
  type ConsulRequest,
  type DockerAnswer,
  type FakeHosts,
  runProgram,
} from "../support/fake-docker.ts";

const args: ConsulSetupArgs = {
  stack: "test",
  docker: "tcp://a:1",
  server: "test--consul--1",
  servers: ["test--consul--1", "test--consul--2", "test--consul--3"],
  allServers: ["test--consul--1", "test--consul--2", "test--consul--3"],
  places: [],
  containerIds: ["1", "2", "3"],
  hosts: { a: "tcp://a:1", b: "tcp://b:1" },
  managementToken: "management",
  gossipKey: "key",
  policies: [
    { name: "flotilla-agent", description: "agents", rules: "a", accessorId: "id-a", secretId: "secret-a" },
    {
      name: "flotilla-balancer",
      description: "balancers",
      rules: "b",
      accessorId: "id-b",
      secretId: "secret-b",
    },
  ],
};

const routes = { routes: [], default: "web", services: [{ name: "web" }, { name: "api" }, { name: "db" }] };
const table = JSON.stringify(routes);

interface Container {
  readonly name: string;
  readonly endpoint: string;
  readonly role: string;
  readonly service?: string;
  /** What follows `# routes: ` in a balancer's configuration; unset where there is none. */
  readonly routes?: string;
}

/** A cluster that elects a leader, then gathers its servers, then knows its token: each a little later. */
class Cluster implements FakeHosts {
  /** What changes Consul, in the order of its doing. */
  readonly log: string[] = [];
  readonly policies = new Map<string, unknown>();
  readonly tokens = new Map<string, { Description: string }>();
  readonly kv = new Map<string, unknown>();
  leaders = ["", "172.30.0.2:8300"];
  peers = [["1"], ["1", "2", "3"]];
  refusals = 1;
  /** Gossip keys of the pools. */
  keys = [["key"], ["key"]];
  /** Of what autopilot looks at, what is not well or has no vote. */
  unfit: Record<string, { Healthy: boolean; Voter: boolean }>[] = [{}];
  /** What runs on the hosts. */
  containers: readonly Container[] = [];

  constructor() {
    this.tokens.set("own", { Description: "Initial Management Token" });
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    const here = this.containers.filter((container) => container.endpoint === endpoint);
    if (args[0] === "ps") {
      const label = (key: string) => args.join(" ").match(`label=flotilla.${key}=(\\S+)`)?.[1];
      const found = here.filter(
        ({ role, service }) => role === label("role") && service === label("service"),
      );
      return { out: label("stack") === "test" ? found.map(({ name }) => `${name}\n`).join("") : "" };
    }
    if (args.includes("socat")) return {};
    const [, container, ...command] = args;
    const text = here.find(({ name }) => name === container)?.routes;
    expect(command).toStrictEqual(["sed", "-n", "s/^# routes: //p", "/run/flotilla/haproxy.cfg"]);
    return text === undefined ? { code: 2, err: "sed: can't read it\n" } : { out: `${text}\n` };
  }

  consul(request: ConsulRequest): ConsulAnswer {
    const { container, method, path, token, body } = request;
    if (container !== args.server) return { status: 500, text: `asked ${container}` };
    if (path === "/v1/status/leader") return { json: next(this.leaders) };
    if (path === "/v1/status/peers") return { json: next(this.peers) };
    if (token !== "management" || this.refusals-- > 0) return { status: 403, text: "ACL not found" };
    if (path.startsWith("/v1/acl/")) return this.#acl(request);
    if (path === "/v1/operator/keyring") return this.#keyring(request);
    if (path === "/v1/operator/autopilot/health") return this.#health();
    const key = path.slice("/v1/kv/".length);
    if (method === "GET") return this.kv.has(key) ? { json: this.kv.get(key) } : { status: 404 };
    if (request.cas === "0" && this.kv.has(key)) return { json: false };
    this.log.push(`${key} = ${body}`);
    this.kv.set(key, JSON.parse(body));
    return { json: true };
  }

  #acl({ method, path, body }: ConsulRequest): ConsulAnswer {
    const [kind = "", id = ""] = path.split("/").slice(3);
    if (method === "GET") {
      if (kind === "policies")
        return { json: [...this.policies.keys()].map((Name) => ({ ID: `id-${Name}`, Name })) };
      if (kind === "tokens")
        return { json: [...this.tokens].map(([AccessorID, token]) => ({ AccessorID, ...token })) };
      if (id === "self") return { json: { AccessorID: "own" } };
      return this.tokens.has(id) ? { json: {} } : { status: 403, text: "ACL not found" };
    }
    this.log.push(`${method} ${path}`);
    if (method === "DELETE") return { json: this.tokens.delete(id) };
    const value = JSON.parse(body);
    if (kind === "policy") this.policies.set(value.Name, value);
    if (kind === "token") this.tokens.set(value.AccessorID, value);
    return { json: value };
  }

  #health(): ConsulAnswer {
    const unfit = next(this.unfit);
    const states = args.servers.map((Name) => ({
      Name,
      ...(unfit?.[Name] ?? { Healthy: true, Voter: true }),
    }));
    this.log.push("looks whether all servers are well");
    return { json: { Servers: states } };
  }

  #keyring({ method, body }: ConsulRequest): ConsulAnswer {
    if (method === "GET")
      return {
        json: this.keys.map((keys) => ({ Keys: Object.fromEntries(keys.map((key) => [key, 3])) })),
      };
    this.log.push(`${method} gossip key ${JSON.parse(body).Key}`);
    return { json: null };
  }
}

/** The first of the values, which then gives way to the next. */
function next<T>(values: T[]): T | undefined {
  return values.length > 1 ? values.shift() : values[0];
}

const setup = (cluster: Cluster, changes: Partial<ConsulSetupArgs> = {}, ...flags: string[]) =>
  runProgram(cluster, "commands/consul-setup.ts", flags, JSON.stringify({ ...args, ...changes }));

const policy = (name: string, Description: string, Rules: string) => ({ Name: name, Description, Rules });
const servers = `flotilla/consul/servers = ${JSON.stringify(args.servers)}`;
const identity = expect.stringMatching(/^flotilla\/id = "[0-9a-f-]{36}"$/);

test.concurrent("waits for leader, servers and token; then policies, tokens, servers, and last the identity", async () => {
  const cluster = new Cluster();
  const { code, said } = await setup(cluster);
  expect(said).toBe("consul: 3 servers, a leader, 2 policies\n");
  expect(code).toBe(0);
  expect(cluster.log).toStrictEqual([
    "PUT /v1/acl/policy",
    "PUT /v1/acl/token",
    "PUT /v1/acl/policy",
    "PUT /v1/acl/token",
    servers,
    identity,
  ]);
  expect([...cluster.policies.values()]).toStrictEqual([
    policy("flotilla-agent", "agents", "a"),
    policy("flotilla-balancer", "balancers", "b"),
  ]);
  expect(cluster.tokens.get("id-b")).toStrictEqual({
    AccessorID: "id-b",
    SecretID: "secret-b",
    Description: "balancers",
    Policies: [{ Name: "flotilla-balancer" }],
  });
});

test.concurrent("servers on hosts that are not reached are not waited for, but are to stay", async () => {
  const cluster = new Cluster();
  cluster.peers = [["1", "2"]];
  const { said } = await setup(cluster, { servers: args.servers.slice(0, 2), policies: [] });
  expect(said).toBe("consul: 2 servers, a leader, 0 policies\n");
  expect(cluster.log).toStrictEqual([servers, identity]);
});

test.concurrent("servers that have found each other are not enough: they need a leader", async () => {
  const cluster = new Cluster();
  cluster.leaders = ["", "", "172.30.0.2:8300"];
  cluster.peers = [["1", "2", "3"]];
  await setup(cluster, { policies: [] });
  expect(cluster.leaders).toStrictEqual(["172.30.0.2:8300"]);
  expect(cluster.log).toStrictEqual([servers, identity]);
});

test.concurrent("a second time it brings up to date what is there", async () => {
  const cluster = new Cluster();
  cluster.policies.set("flotilla-agent", {});
  cluster.tokens.set("id-a", { Description: "agents" });
  await setup(cluster, { policies: args.policies.slice(0, 1) });
  expect(cluster.log).toStrictEqual([
    "PUT /v1/acl/policy/id-flotilla-agent",
    "PUT /v1/acl/token/id-a",
    servers,
    identity,
  ]);
  expect(cluster.policies.get("flotilla-agent")).toStrictEqual(policy("flotilla-agent", "agents", "a"));
});

test.concurrent("--whole: waits until every server is well and has its vote, too", async () => {
  const cluster = new Cluster();
  cluster.unfit = [
    { "test--consul--3": { Healthy: true, Voter: false } },
    { "test--consul--2": { Healthy: false, Voter: true } },
    {},
  ];
  expect((await setup(cluster, { policies: [] }, "--whole")).code).toBe(0);
  expect(cluster.log).toStrictEqual([
    servers,
    ...Array(3).fill("looks whether all servers are well"),
    identity,
  ]);
});

test.concurrent("the identity of Consul's data is all that it prints, and stays as long as the data", async () => {
  const cluster = new Cluster();
  const { printed } = await setup(cluster);
  expect(printed).toMatch(/^[0-9a-f-]{36}$/);
  expect(cluster.kv.get("flotilla/id")).toBe(printed);
  expect((await setup(cluster)).printed).toBe(printed);
  expect((await setup(new Cluster())).printed).not.toBe(printed);
});

test.concurrent("a management token that was replaced is revoked; other people's are not", async () => {
  const cluster = new Cluster();
  cluster.tokens.set("former", { Description: "Initial Management Token" });
  cluster.tokens.set("theirs", { Description: "somebody's own" });
  await setup(cluster, { policies: [] });
  expect(cluster.log).toStrictEqual(["DELETE /v1/acl/token/former", servers, identity]);
});

describe("the gossip key", () => {
  const keyChanges = ["POST gossip key key", "PUT gossip key key", "DELETE gossip key old"];

  test.concurrent.each([
    ["the one there is: nothing to do", [["key"], ["key"]], []],
    ["no gossip to encrypt: nothing to do", [], []],
    ["another: it comes first, is used, and only then the old one goes", [["old"], ["old"]], keyChanges],
    ["both, after a failure half-way: the same again", [["old", "key"], ["key"]], keyChanges],
    ["several others: all of them go", [["old"], ["older"]], [...keyChanges, "DELETE gossip key older"]],
  ])("%s", async (_, keys, changes) => {
    const cluster = new Cluster();
    cluster.keys = keys;
    expect((await setup(cluster, { policies: [] })).code).toBe(0);
    expect(cluster.log).toStrictEqual([servers, ...changes, identity]);
  });
});

describe("the routing table", () => {
  const on = (endpoint: string, role: string, name: string, more: Partial<Container> = {}) => ({
    endpoint,
    role,
    name,
    ...more,
  });
  const containers = [
    // One that is only starting has none yet.
    on("tcp://a:1", "balancer", "balancer-1"),
    on("tcp://a:1", "balancer", "balancer-2", { routes: table }),
    on("tcp://b:1", "balancer", "balancer-3", { routes: table }),
    on("tcp://a:1", "server", "web-1", { service: "web" }),
    on("tcp://a:1", "server", "web-2", { service: "web" }),
    on("tcp://b:1", "server", "web-3", { service: "web" }),
    on("tcp://b:1", "server", "api-1", { service: "api" }),
    on("tcp://b:1", "server", "other-1", { service: "other" }),
  ];
  const counts = "consul: 3 servers, a leader, 0 policies\n";
  const restored = "consul: had lost its data; the routing table is back as the balancers have it\n";

  test.concurrent("that Consul has lost comes back from a balancer, after the sizes of its pools", async () => {
    const cluster = Object.assign(new Cluster(), { containers });
    expect((await setup(cluster, { policies: [] })).said).toBe(`${restored}${counts}`);
    expect(cluster.log).toStrictEqual([
      servers,
      "flotilla/pools/web/a = 2",
      "flotilla/pools/web/b = 1",
      "flotilla/pools/api/b = 1",
      `flotilla/routes = ${table}`,
      identity,
    ]);
  });

  test.concurrent("of which balancers are on another host only comes back as well", async () => {
    const cluster = new Cluster();
    cluster.containers = containers.filter(
      ({ role, endpoint }) => role !== "balancer" || endpoint !== "tcp://a:1",
    );
    expect((await setup(cluster, { policies: [] })).said).toBe(`${restored}${counts}`);
    expect(cluster.kv.get("flotilla/routes")).toStrictEqual(routes);
  });

  test.concurrent("that is there stays as it is", async () => {
    const cluster = Object.assign(new Cluster(), { containers });
    cluster.kv.set("flotilla/routes", []);
    expect((await setup(cluster, { policies: [] })).said).toBe(counts);
    expect(cluster.log).toStrictEqual([servers, identity]);
  });

  test.concurrent.each([
    ["no balancers", []],
    ["balancers without one", [on("tcp://a:1", "balancer", "balancer-1", { routes: "" })]],
  ])("where there is none, and %s, is left to be written", async (_, containers) => {
    const cluster = Object.assign(new Cluster(), { containers });
    expect((await setup(cluster, { policies: [] })).said).toBe(counts);
    expect(cluster.log).toStrictEqual([servers, identity]);
  });
});
