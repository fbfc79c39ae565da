import type { ConsulServerArgs } from "../../commands/consul-server.ts";
import { type ConsulAnswer, type ConsulRequest, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: ConsulServerArgs = {
  stack: "test",
  docker: "tcp://a:1",
  serverHosts: ["tcp://a:1", "tcp://b:1"],
  server: "test--consul--2",
  next: "test--consul--3",
  address: "172.30.0.3:8300",
  realm: "realm",
  founders: 3,
  containerId: "an-id",
  managementToken: "management",
};

const peersOf = (...numbers: number[]) => numbers.map((number) => `172.30.0.${number + 1}:8300`);
const fit = { Healthy: true, Voter: true };
const healthOf = (servers: Record<number, { Healthy: boolean; Voter: boolean }>): ConsulAnswer => ({
  json: {
    Healthy: true,
    Servers: Object.entries(servers).map(([number, state]) => ({
      Name: `test--consul--${number}`,
      ...state,
    })),
  },
});
const allFit = healthOf({ 1: fit, 2: fit, 3: fit });

/** Three servers on two hosts. What Consul says, it says one after the other, the last for ever. */
class Cluster implements FakeHosts {
  readonly log: string[] = [];
  /** Agents that run, by endpoint; of other endpoints the engine never answers. */
  agents: Record<string, string[]> = { "tcp://a:1": ["test--agent--a"], "tcp://b:1": ["test--agent--b"] };
  /** Realms of the servers that run, by endpoint and name. */
  servers: Record<string, Record<string, string>> = {
    "tcp://a:1": { "test--consul--1": "realm", "test--consul--2": "realm" },
    "tcp://b:1": { "test--consul--3": "realm" },
  };
  peers = [peersOf(1, 2, 3)];
  leaders = ["172.30.0.2:8300"];
  health = [allFit];
  /** Names of the servers that there are to be. */
  wanted: readonly string[] | undefined = ["test--consul--1"];
  /** Whether Consul can't be reached, since its server is ending. */
  ending = false;
  /** What the engine does with everything it is asked. */
  engine: { readonly code: number; readonly err: string } | { readonly hangs: true } | undefined;

  docker(endpoint: string, args: readonly string[]) {
    if (this.engine) return this.engine;
    const line = args.join(" ");
    const servers = this.servers[endpoint] ?? {};
    if (line.includes("role=agent")) {
      const agents = this.agents[endpoint];
      return agents ? { out: agents.join("\n") } : { hangs: true as const };
    }
    if (line.includes("role=consul")) return { out: Object.keys(servers).join("\n") };
    if (args[0] === "inspect")
      return {
        out: args
          .slice(5)
          .map((name) => `/${name}\t${servers[name]}\n`)
          .join(""),
      };
    if (line.includes("socat")) return { code: this.ending ? 1 : 0 };
    this.log.push(`docker ${line}`);
    if (this.ending) this.servers = {};
    return { out: "" };
  }

  consul({ container, method, path }: ConsulRequest): ConsulAnswer {
    if (container !== args.server) return { status: 500, text: `asked ${container}` };
    this.log.push(`${method} ${path}`);
    switch (path) {
      case "/v1/status/peers":
        return { json: next(this.peers) };
      case "/v1/status/leader":
        return { json: next(this.leaders) };
      case "/v1/operator/autopilot/health":
        return next(this.health) ?? { status: 500 };
      case "/v1/kv/flotilla/consul/servers":
        return this.wanted ? { json: this.wanted } : { status: 404 };
      case "/v1/agent/leave":
        this.servers = {};
        return { json: null };
      default:
        return { status: 405, text: path };
    }
  }
}

/** The first of the values, which then gives way to the next. */
function next<T>(values: T[]): T | undefined {
  return values.length > 1 ? values.shift() : values[0];
}

const looks = (count: number) =>
  Array(count).fill(["GET /v1/status/peers", "GET /v1/operator/autopilot/health"]).flat();

describe("after a server was made anew", () => {
  const settle = (cluster: Cluster) => runCommand(cluster, "consul-server", args);

  test.concurrent("it waits until every server that runs is healthy and has a vote", async () => {
    const cluster = new Cluster();
    cluster.health = [
      { status: 500, text: "No cluster leader" },
      healthOf({ 1: fit, 2: fit }),
      healthOf({ 1: fit, 2: { Healthy: true, Voter: false }, 3: fit }),
      healthOf({ 1: { Healthy: false, Voter: true }, 2: fit, 3: fit }),
      allFit,
    ];
    expect(await settle(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual(looks(5));
  });

  test.concurrent("those that do not run are made later: it does not wait for them", async () => {
    const cluster = new Cluster();
    cluster.servers = {
      "tcp://a:1": { "test--consul--2": "realm" },
      "tcp://b:1": { "test--consul--3": "realm" },
    };
    cluster.health = [healthOf({ 1: { Healthy: false, Voter: true }, 2: fit, 3: fit })];
    expect(await settle(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual(looks(1));
  });

  test.concurrent("where the next one does not run, it is made at once", async () => {
    const cluster = new Cluster();
    delete cluster.servers["tcp://b:1"];
    expect(await settle(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual([]);
  });

  test.concurrent.each([
    ["five servers", peersOf(1, 2, 3, 4, 5), 3],
    ["seven servers", peersOf(1, 2, 3, 4, 5, 6, 7), 4],
    ["no servers yet", [], 3],
  ])(
    "too few for a quorum of a cluster that knows %s: there is nothing to wait for",
    async (_, peers, needed) => {
      const cluster = new Cluster();
      delete cluster.servers["tcp://a:1"]?.["test--consul--1"];
      cluster.peers = [peers];
      expect(await settle(cluster)).toStrictEqual({
        code: 0,
        said: `consul: 2 servers run, a quorum needs ${needed}\n`,
      });
      expect(cluster.log).toStrictEqual(["GET /v1/status/peers"]);
    },
  );

  test.concurrent("servers of another realm are replaced before there is a quorum in this one", async () => {
    const cluster = new Cluster();
    cluster.servers = {
      "tcp://a:1": { "test--consul--1": "realm", "test--consul--2": "realm" },
      "tcp://b:1": { "test--consul--3": "another" },
    };
    expect(await settle(cluster)).toStrictEqual({
      code: 0,
      said: "consul: 1 servers are still to be made anew\n",
    });
    expect(cluster.log).toStrictEqual([]);
  });

  test.concurrent("a token that the leader does not know yet: a leader and a seat among the peers will do", async () => {
    const cluster = new Cluster();
    cluster.health = [{ status: 403, text: "ACL not found" }];
    cluster.leaders = ["", "172.30.0.2:8300"];
    cluster.peers = [peersOf(1, 2, 3), peersOf(1, 3), peersOf(1, 2, 3)];
    expect(await settle(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual(
      Array(3)
        .fill([...looks(1), "GET /v1/status/leader"])
        .flat(),
    );
  });
});

describe("--leave", () => {
  const leave = (cluster: Cluster) => runCommand(cluster, "consul-server", args, "--leave");
  const ask = "GET /v1/kv/flotilla/consul/servers";
  const noRestart = "docker update --restart=no test--consul--2";

  test.concurrent("a server leaves before it is taken away, and does not come back", async () => {
    const cluster = new Cluster();
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "consul: test--consul--2 has left\n" });
    expect(cluster.log).toStrictEqual([ask, noRestart, "PUT /v1/agent/leave"]);
  });

  test.concurrent.each<[string, Cluster["agents"]]>([
    ["its own host", { "tcp://a:1": ["test--agent--a"] }],
    ["another host", { "tcp://a:1": [], "tcp://b:1": ["test--agent--b"] }],
  ])("as long as there is an agent on %s", async (_, agents) => {
    const cluster = Object.assign(new Cluster(), { agents });
    const start = performance.now();
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "consul: test--consul--2 has left\n" });
    // A host that says nothing is not waited for.
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  test.concurrent("a server that there is to be stays: it is a successor of the same name", async () => {
    const cluster = new Cluster();
    cluster.wanted = ["test--consul--1", "test--consul--2"];
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual([ask]);
  });

  test.concurrent("Consul may have forgotten which servers there are to be", async () => {
    const cluster = new Cluster();
    cluster.wanted = undefined;
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "consul: test--consul--2 has left\n" });
    expect(cluster.log.slice(-2)).toStrictEqual([noRestart, "PUT /v1/agent/leave"]);
  });

  test.concurrent("a server that can't be reached any more fails nothing", async () => {
    const cluster = new Cluster();
    cluster.ending = true;
    expect(await leave(cluster)).toStrictEqual({
      code: 0,
      said: "consul: can't tell whether test--consul--2 is to stay; it is taken away without having left\n",
    });
    expect(cluster.log).toStrictEqual([]);
  });

  test.concurrent("an engine that refuses fails nothing", async () => {
    const cluster = Object.assign(new Cluster(), { engine: { code: 1, err: "no daemon here\n" } });
    expect(await leave(cluster)).toStrictEqual({
      code: 0,
      said: "consul: test--consul--2 is taken away without having left: no daemon here\n",
    });
  });

  test.concurrent("an engine that does not answer is waited for no longer than 45 s", async () => {
    const cluster = Object.assign(new Cluster(), { engine: { hangs: true } });
    const start = performance.now();
    expect(await leave(cluster)).toStrictEqual({
      code: 0,
      said: expect.stringMatching(
        /^consul: test--consul--2 is taken away without having left: the engine at tcp:\/\/a:1 gave "docker ps" no answer for 4[0-5] s\n$/,
      ),
    });
    expect(performance.now() - start).toBeLessThan(55_000);
  }, 120_000);

  test.concurrent.each([
    ["the whole stack goes", { agents: { "tcp://a:1": [], "tcp://b:1": [] } }],
    ["the server is down", { servers: { "tcp://a:1": { "test--consul--1": "realm" } } }],
  ])("is no matter when %s", async (_, state) => {
    const cluster = Object.assign(new Cluster(), state);
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual([]);
  });
});
