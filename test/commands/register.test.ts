import type { RegisterArgs } from "../../commands/register.ts";
import { type Registration, registrationOf } from "../../lib/catalogue.ts";
import {
  type ConsulAnswer,
  type ConsulRequest,
  type DockerAnswer,
  type FakeHosts,
  runCommand,
} from "../support/fake-docker.ts";

const service = { name: "web", port: 8000, health: { type: "http", path: "/health", interval: 1 } } as const;
const token = "a-token-of-its-own";

const args: RegisterArgs = {
  stack: "test",
  host: "a",
  docker: "tcp://a:1",
  balancerHosts: ["tcp://a:1"],
  agent: "test-agent-a",
  agentId: "an-id",
  token,
  service,
  instances: [],
  healthTimeout: 5,
  drain: 1,
};

/** A host whose agent holds some instances already. What a run does shows in `log`, in the order of its doing. */
class Fleet implements FakeHosts {
  readonly log: string[] = [];
  readonly commandLines: string[] = [];
  readonly tokens = new Set<string>();
  readonly held = new Map<string, Registration>();
  /** Names of running containers by role, on every host. */
  roles: Record<string, string[]> = { agent: ["test-agent-a"], front: ["front"], balancer: ["balancer"] };
  /** Those whose checks never pass. */
  broken: readonly string[] = [];
  /** What the balancers' `await-servers` prints when it gives up. */
  complaint = "";
  /** The balancers' connections. */
  tcpTable = "";
  /** How many times the agent is found restarting. */
  restarting = 0;
  /** Whether the agent lets go of what it holds. */
  holdsOn = false;

  readonly #seen = new Set<string>();

  constructor(...instances: string[]) {
    for (const instance of instances) this.held.set(instance, registrationOf(service, instance, true));
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    this.commandLines.push(args.join(" "));
    const [verb, ...rest] = args;
    switch (verb) {
      case "ps": {
        const role = /flotilla\.role=(\w+)/.exec(rest.join(" "))?.[1] ?? "";
        return { out: (this.roles[role] ?? []).map((name) => `${name}\n`).join("") };
      }
      case "inspect":
        return { out: rest.join(" ").includes("IPAddress") ? "172.30.128.9\n" : "running, 2 restarts\n" };
      case "logs":
        return { err: `line 9 of ${rest.at(-1)}\nline 10 of ${rest.at(-1)}\n` };
      case "exec":
        return this.#exec(endpoint, rest);
      default:
        return { code: 1, err: `docker: no command ${verb}\n` };
    }
  }

  #exec(endpoint: string, [container = "", command, ...args]: readonly string[]): DockerAnswer {
    if (container === "-i") return { code: this.restarting-- > 0 ? 1 : 0 };
    if (command === "cat") {
      this.log.push("looks for connections");
      return { out: this.tcpTable };
    }
    const [, state, backend, ...servers] = args;
    this.log.push(`${endpoint} ${container}: ${servers.join(" ")} ${state} in ${backend}?`);
    return this.complaint && state === "up" ? { code: 1, out: this.complaint } : { out: "" };
  }

  consul({ container, method, path, filter, token, body }: ConsulRequest): ConsulAnswer {
    this.tokens.add(token);
    if (container !== args.agent) return { status: 500, text: `asked ${container}` };
    const name = /== "(.*)"$/.exec(filter)?.[1];
    const named = [...this.held.values()].filter(({ Name }) => Name === name);
    switch (`${method} ${path.replace(/(deregister|kv)\/.*/, "$1")}`) {
      case "GET /v1/agent/services":
        return { json: Object.fromEntries(named.map((instance) => [instance.ID, instance])) };
      case "GET /v1/agent/checks":
        return {
          json: Object.fromEntries(named.map((instance) => [`${instance.ID}:x`, this.#check(instance)])),
        };
      case "PUT /v1/agent/service/register": {
        const registration: Registration = JSON.parse(body);
        const { ID, Tags, Check } = registration;
        this.log.push(Tags.includes("admitted") ? `admits ${ID}` : `registers ${ID}, ${Check.Name}`);
        this.held.set(ID, registration);
        return { json: null };
      }
      case "PUT /v1/agent/service/deregister": {
        if (this.holdsOn) return { status: 500, text: "no" };
        const id = path.split("/").at(-1) ?? "";
        this.log.push(`deregisters ${id}`);
        return this.held.delete(id) ? { json: null } : { status: 404, text: "Unknown service ID" };
      }
      case "PUT /v1/kv":
        this.log.push(`${path.slice("/v1/kv/".length)} = ${body}`);
        return { json: true };
      case "DELETE /v1/kv":
        this.log.push(`${path.slice("/v1/kv/".length)} gone`);
        return { json: true };
      default:
        return { status: 405, text: `${method} ${path}` };
    }
  }

  /** A new instance is critical when first looked at, and passes from then on. */
  #check({ ID, Tags }: Registration) {
    if (this.broken.includes(ID)) return { ServiceID: ID, Status: "critical", Output: "503 from /health\n" };
    if (Tags.includes("admitted")) return { ServiceID: ID, Status: "passing", Output: "" };
    const Status = this.#seen.has(ID) ? "passing" : "critical";
    if (this.#seen.has(ID)) this.log.push(`${ID} passes`);
    this.#seen.add(ID);
    return { ServiceID: ID, Status, Output: "" };
  }
}

const register = (fleet: Fleet, changes: Partial<RegisterArgs>) =>
  runCommand(fleet, "register", { ...args, ...changes });
const up = (servers: string) => `tcp://a:1 balancer: ${servers} up in web?`;
const gone = (servers: string) => `tcp://a:1 balancer: ${servers} gone in web?`;

// Each mostly waits for processes to start.
describe("register", () => {
  test.concurrent("a new version: the old is let go only after every balancer has the new", async () => {
    const fleet = new Fleet("old-1", "old-2");
    const { code, said } = await register(fleet, { instances: ["new-2", "new-1"] });
    expect(fleet.log).toStrictEqual([
      "registers new-1, GET /health",
      "registers new-2, GET /health",
      "new-1 passes",
      "new-2 passes",
      "admits new-1",
      "admits new-2",
      up("new-1 new-2"),
      "flotilla/pools/web/a = 2",
      "deregisters old-1",
      "deregisters old-2",
      gone("old-1 old-2"),
      "looks for connections",
    ]);
    expect(code).toBe(0);
    expect(said).toBe(
      "web: waiting for 2 instances to pass GET /health on port 8000\nweb: 2 instances taken out\n",
    );
  });

  test.concurrent("nothing to do: only the pool's size is told again", async () => {
    const fleet = new Fleet("w1", "w2");
    expect(await register(fleet, { instances: ["w1", "w2"] })).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual(["flotilla/pools/web/a = 2"]);
  });

  test.concurrent("to nought: the balancers are told to expect none before they see none", async () => {
    const fleet = new Fleet("w1");
    await register(fleet, { instances: [] });
    expect(fleet.log).toStrictEqual([
      "flotilla/pools/web/a = 0",
      "deregisters w1",
      gone("w1"),
      "looks for connections",
    ]);
  });

  test.concurrent("a broken version: it is taken back, the old serves on, and the user learns why", async () => {
    const fleet = new Fleet("old-1");
    fleet.broken = ["new-2"];
    const { code, said } = await register(fleet, { instances: ["new-1", "new-2"], healthTimeout: 1 });
    expect(code).toBe(1);
    expect(said).toBe(`web: waiting for 2 instances to pass GET /health on port 8000
service web: 1 of its new instances did not pass within 1 s; what served before serves on, untouched.
  instance new-2
    container: running, 2 restarts
    last answer to GET /health on port 8000: 503 from /health
    last lines of its log:
      line 9 of new-2
      line 10 of new-2
Correct the application, or health.path, port or health.timeout in its config, and run "pulumi up" again.
`);
    expect([...fleet.held.keys()]).toStrictEqual(["old-1"]);
    const doings = fleet.log.filter((line) => !line.endsWith("passes"));
    expect(doings).toStrictEqual([
      "registers new-1, GET /health",
      "registers new-2, GET /health",
      "deregisters new-1",
      "deregisters new-2",
    ]);
  });

  test.concurrent("many broken ones: three are shown", async () => {
    const fleet = new Fleet();
    const instances = ["w1", "w2", "w3", "w4", "w5"];
    fleet.broken = instances;
    const { said } = await register(fleet, { instances, healthTimeout: 0 });
    expect(said.match(/^ {2}(instance|and).*/gm)).toStrictEqual([
      "  instance w1",
      "  instance w2",
      "  instance w3",
      "  and 2 more",
    ]);
    expect(said).toContain("5 of its new instances did not pass");
  });

  test.concurrent("a balancer that does not take the new ones: they are taken back", async () => {
    const fleet = new Fleet("old-1");
    fleet.complaint = "new-1 DOWN\n";
    const { code, said } = await register(fleet, { instances: ["new-1"] });
    expect(code).toBe(1);
    expect(said).toContain(
      "web: not every balancer took the new instances within 30 s\n  balancer: new-1 DOWN\n",
    );
    expect([...fleet.held.keys()]).toStrictEqual(["old-1"]);
    expect(fleet.log.slice(-2)).toStrictEqual([up("new-1"), "deregisters new-1"]);
  });

  test.concurrent("balancers on every host are asked", async () => {
    const fleet = new Fleet();
    fleet.roles = { ...fleet.roles, balancer: ["balancer-1", "balancer-2"] };
    await register(fleet, { instances: ["w1"], balancerHosts: ["tcp://a:1", "tcp://b:1"] });
    expect(fleet.log.filter((line) => line.endsWith("?")).sort()).toStrictEqual([
      "tcp://a:1 balancer-1: w1 up in web?",
      "tcp://a:1 balancer-2: w1 up in web?",
      "tcp://b:1 balancer-1: w1 up in web?",
      "tcp://b:1 balancer-2: w1 up in web?",
    ]);
  });

  test.concurrent("another health path: tried on the side before it counts", async () => {
    const fleet = new Fleet("w1", "w2");
    const ready = { ...service, health: { ...service.health, path: "/ready" } };
    const { code } = await register(fleet, { service: ready, instances: ["w1", "w2"] });
    expect(fleet.log).toStrictEqual([
      "registers w1-probe, GET /ready",
      "registers w2-probe, GET /ready",
      "w1-probe passes",
      "w2-probe passes",
      "deregisters w1-probe",
      "deregisters w2-probe",
      "admits w1",
      "admits w2",
      "flotilla/pools/web/a = 2",
    ]);
    expect(fleet.held.get("w1")?.Meta["health-path"]).toBe("/ready");
    expect(code).toBe(0);
  });

  test.concurrent("another health path that does not pass: the old one stays", async () => {
    const fleet = new Fleet("w1");
    fleet.broken = ["w1-probe"];
    const ready = { ...service, health: { ...service.health, path: "/ready" } };
    const { code, said } = await register(fleet, { service: ready, instances: ["w1"], healthTimeout: 0 });
    expect(code).toBe(1);
    expect(said).toContain("last answer to GET /ready on port 8000: 503 from /health");
    expect([...fleet.held.values()].map(({ ID, Meta }) => [ID, Meta["health-path"]])).toStrictEqual([
      ["w1", "/health"],
    ]);
  });

  test.concurrent("requests under way get their time, but no more than that", async () => {
    const fleet = new Fleet("w1");
    fleet.tcpTable = "0: 04801EAC:A3D2 09801EAC:1F40 01\n";
    const { code, said } = await register(fleet, { instances: [], drain: 1 });
    expect(fleet.log.filter((line) => line === "looks for connections").length).toBeGreaterThan(1);
    expect(said).toBe("web: 1 instance taken out, with requests under way after 1 s\n");
    expect(code).toBe(0);
  });

  test.concurrent("an agent that is restarting gets its time", async () => {
    const fleet = new Fleet("w1");
    fleet.restarting = 2;
    expect(await register(fleet, { instances: ["w1"] })).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual(["flotilla/pools/web/a = 1"]);
  });

  test.concurrent("the token goes to Consul, and stands in no command line", async () => {
    const fleet = new Fleet("old-1");
    await register(fleet, { instances: ["new-1"] });
    expect([...fleet.tokens]).toStrictEqual([token]);
    expect(fleet.commandLines.length).toBeGreaterThan(3);
    expect(fleet.commandLines.filter((line) => line.includes(token))).toStrictEqual([]);
  });
});

describe("register --withdraw", () => {
  const withdraw = (fleet: Fleet) =>
    runCommand(fleet, "register", { ...args, instances: ["w1"] }, "--withdraw");

  test.concurrent("takes all out, and leaves nothing behind", async () => {
    const fleet = new Fleet("w1");
    const { code } = await withdraw(fleet);
    expect(fleet.log).toStrictEqual([
      "flotilla/pools/web/a = 0",
      "deregisters w1",
      gone("w1"),
      "looks for connections",
      "flotilla/pools/web/a gone",
    ]);
    expect(code).toBe(0);
  });

  test.concurrent("is never in the way: what Consul cannot do any more is told, and that is all", async () => {
    const fleet = new Fleet("w1");
    fleet.holdsOn = true;
    expect(await withdraw(fleet)).toStrictEqual({
      code: 0,
      said:
        "web: Consul could not be told that it goes: Consul answered 500 to PUT /v1/agent/service/deregister/w1: no\n" +
        "w1 is still registered: Consul answered 500 to PUT /v1/agent/service/deregister/w1: no\n",
    });
  });

  test.concurrent("is quiet where there is no agent any more", async () => {
    const fleet = new Fleet("w1");
    fleet.roles = { agent: [] };
    expect(await withdraw(fleet)).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual([]);
  });
});
