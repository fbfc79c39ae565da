import type { RegisterArgs } from "../../commands/support/registrar.ts";
import { madeWith, type Registration, registrationOf, type ServiceDefinition } from "../../lib/catalogue.ts";
import { changeKey } from "../../lib/consul-keys.ts";
import type { Version } from "../../lib/history.ts";
import { stoppedStates } from "../../lib/rollout.ts";
import { shareOf } from "../../lib/shares.ts";
import {
  type ConsulAnswer,
  type ConsulRequest,
  type DockerAnswer,
  type FakeHosts,
  runCommand,
} from "../support/fake-docker.ts";

const health = {
  type: "http",
  path: "/health",
  method: "GET",
  host: "localhost",
  interval: 1,
  checkTimeout: 1.5,
} as const;
const service = { name: "web", port: 8000, health, sessions: false } as const;
const token = "a-token-of-its-own";
const tokenId = "its-public-name";
const secret = "KEY=hush";
const image = "flotilla/test--web:new";
const remembered = `flotilla/versions/web/a: ${image}`;

const args: RegisterArgs = {
  stack: "test",
  host: "a",
  docker: "tcp://a:1",
  hasPeers: false,
  balancersPerHost: 1,
  agent: "test--agent--a",
  agentId: "an-id",
  consulId: "identity",
  token,
  tokenId,
  service,
  image,
  instances: [],
  order: "start-first",
  stopped: [],
  writesVolumes: false,
  healthTimeout: 5,
  settle: 0,
  drain: 1,
  stopGrace: 7,
};

/** A host whose agent holds some instances already. What a run does shows in `log`, in the order of its doing. */
class Fleet implements FakeHosts {
  readonly log: string[] = [];
  readonly commandLines: string[] = [];
  readonly tokens = new Set<string>();
  readonly held = new Map<string, Registration>();
  /** Names of running containers by role, on every host. */
  roles: Record<string, string[]> = { agent: ["test--agent--a"], front: ["front"], balancer: ["balancer"] };
  /** Those whose checks never pass. */
  broken: readonly string[] = [];
  /** What the balancers' `await-servers` prints when it gives up. */
  complaint = "";
  /** Connections that balancers have to the instances that are taken out. */
  connections = 0;
  /** Whether they can't be counted. */
  drainFails = false;
  /** How many times the agent is found restarting: when it is asked as Consul, and when it is to ask instances. */
  restarting = 0;
  absent = 0;
  /** Whether the agent lets go of what it holds. */
  holdsOn = false;
  /** Those that run something else than their name, up to its dash, says; "" for those that run nothing any more. */
  runs: Record<string, string> = {};
  /** Those that restart, after so many looks at them. */
  restarts: Record<string, number> = {};
  /** Those that fail some checks when they have passed others: the first that fails, and the first that passes again. */
  falters: Record<string, [from: number, to: number]> = {};
  /** When instances were first asked, when one last failed, and when one was first let in. */
  asked = Number.NaN;
  failed = Number.NaN;
  registered = Number.NaN;
  /** Versions that Consul remembers. */
  history: readonly Version[] | undefined;
  /** Hosts that have well copies, each once for each; how often that is asked, and how often in vain. */
  elsewhere: readonly string[] = [];
  othersAsked = 0;
  othersLate = 0;
  /** What the mover is told. */
  moving: RegisterArgs | undefined;
  /** Images of the service that the host has, and those that containers are made of. */
  images: readonly string[] = [];
  imagesInUse: readonly string[] = [];

  /** States of containers, where they do not run. */
  states: Record<string, string> = {};
  /** Restart policies of containers, where they are not "always". */
  policies: Record<string, string> = {};
  /** What the engine says when it is to start containers; nothing where it starts them. */
  startFails = "";
  stopFails = "";

  /** How many attempts to work on the pool alone fail, since another command does. */
  locked = 0;
  /** How often a container is found to have just ended by an engine that is to change its restart policy. */
  ending = 0;
  /** Whether an update that was killed has deregistered already what is to be deregistered. */
  forgot = false;
  /** What checks and logs tell of instances that do not pass. */
  answer = "503: from /health";
  logged = "line 10";
  /** The tables of connections in their network. */
  tcpTable = "";
  /** What services there are, by Consul. */
  services: readonly { name: string; hosts: readonly string[] }[] | undefined;
  /** Paths of Consul that it answers with a failure. */
  consulFails: RegExp | undefined;
  /** Docker commands that the engine leaves without an answer, and whether it refuses all. */
  hangs: RegExp | undefined;
  refuses = false;

  readonly #seen = new Map<string, number>();
  #announced = false;
  readonly #looks = new Map<string, number>();

  constructor(...instances: string[]) {
    this.hold(service, ...instances);
  }

  hold(service: ServiceDefinition, ...instances: string[]): this {
    for (const instance of instances)
      this.held.set(instance, madeWith(registrationOf(service, instance), tokenId));
    return this;
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    this.commandLines.push(args.join(" "));
    const [verb, ...rest] = args;
    if (this.refuses) return { code: 1, err: "no daemon here\n" };
    if (this.hangs?.test(args.join(" "))) return { hangs: true };
    switch (verb) {
      case "ps": {
        const role = /flotilla\.role=(\w+)/.exec(rest.join(" "))?.[1] ?? "";
        return { out: (this.roles[role] ?? []).map((name) => `${name}\n`).join("") };
      }
      case "inspect":
        if (rest.join(" ").includes("Labels")) return { out: `/${rest.at(-1)}\ttest\ta\n` };
        if (rest.join(" ").endsWith("{{.Image}} test--agent--a"))
          return { out: "/test--agent--a\tsha256:1\n" };
        if (!rest.includes("--type")) return { out: "running, 2 restarts\n" };
        if (rest.join(" ").includes("IPAddress")) return { out: `/${rest.at(-1)}\t172.30.128.9\n` };
        if (rest[3] === "{{.Name}}\t{{.State.Status}}")
          return {
            out: rest
              .slice(4)
              .map((name) => `/${name}\t${this.states[name] ?? "running"}\n`)
              .join(""),
          };
        if (rest.join(" ").includes("RestartPolicy"))
          return {
            out: rest
              .slice(4)
              .map((name) => `/${name}\t${this.policies[name] ?? "always"}\n`)
              .join(""),
          };
        return this.#containerRuns(rest.slice(4));
      case "start":
        this.log.push(args.join(" "));
        for (const name of rest)
          if (stoppedStates.includes(this.states[name] ?? "")) delete this.states[name];
        return this.startFails ? { code: 1, err: this.startFails } : { out: "" };
      case "update":
        if (this.ending-- > 0)
          return { code: 1, err: "Cannot update container w1: cannot update a stopped container: unknown\n" };
        this.log.push(args.join(" "));
        return { out: "" };
      case "stop":
      case "rm":
        this.log.push(args.join(" "));
        return this.stopFails ? { code: 1, err: this.stopFails } : { out: "" };
      case "image":
        return this.#image(rest);
      case "logs":
        return { err: `line 9 of ${rest.at(-1)}\n${this.logged} of ${rest.at(-1)}\n` };
      case "run":
        this.log.push(args.join(" "));
        return { out: this.tcpTable };
      case "exec":
        return this.#exec(endpoint, rest);
      default:
        return { code: 1, err: `docker: no command ${verb}\n` };
    }
  }

  #image([verb, ...rest]: readonly string[]): DockerAnswer {
    if (verb === "ls") return { out: this.images.map((image) => `${image}\n`).join("") };
    const image = rest.at(-1) ?? "";
    if (this.imagesInUse.includes(image)) return { code: 1, err: "conflict: unable to remove" };
    this.log.push(`removes ${image}`);
    return { out: "" };
  }

  /** As `docker inspect` does it: those that are there are told, and its exit code says whether any is not. */
  #containerRuns(names: readonly string[]): DockerAnswer {
    const there = names.filter((name) => this.runs[name] !== "");
    const lines = there.map((name) => {
      const looks = (this.#looks.get(name) ?? 0) + 1;
      this.#looks.set(name, looks);
      const run = looks > (this.restarts[name] ?? Number.POSITIVE_INFINITY) ? "second run" : "first run";
      return `/${name}\t${this.states[name] ?? "running"}\t${run}\t${this.runs[name] ?? name.split("-")[0]}, ${secret}\n`;
    });
    if (there.length === names.length) return { out: lines.join("") };
    return { code: 1, out: lines.join(""), err: "Error response from daemon: No such container: some\n" };
  }

  #exec(endpoint: string, [container = "", command, ...args]: readonly string[]): DockerAnswer {
    if (container === "-i" && args[0] === "flock") return this.locked-- > 0 ? { code: 1 } : {};
    if (container === "-i") return this.restarting-- > 0 ? { code: 1, err: "it is restarting\n" } : {};
    if (command === "awk") {
      this.log.push(`looks for connections to ${args[1]?.replace("remotes=", "")}`);
      return this.drainFails ? { code: 127, err: "no awk here\n" } : { out: `${this.connections}\n` };
    }
    if (command === "await-passing") return this.#awaitPassing(args);
    const [, state, backend, ...servers] = args;
    this.log.push(`${endpoint} ${container}: ${servers.join(" ")} ${state} in ${backend}?`);
    return this.complaint && state !== "gone" ? { code: 1, out: this.complaint } : { out: "" };
  }

  consul({ container, method, path, filter, token, body }: ConsulRequest): ConsulAnswer {
    this.tokens.add(token);
    if (this.consulFails?.test(path)) return { status: 500, text: "No cluster leader" };
    if (container !== args.agent) return { status: 500, text: `asked ${container}` };
    const name = /== "(.*)"$/.exec(filter)?.[1];
    const named = [...this.held.values()].filter(({ Name }) => Name === name);
    // What was announced is over once something else is asked.
    if (method === "GET") this.#announced = false;
    switch (`${method} ${path.replace(/(deregister|kv)\/.*/, "$1")}`) {
      case "GET /v1/health/service/web":
        if (this.othersAsked++ < this.othersLate) return { json: [] };
        return {
          json: this.elsewhere.map((host) => ({ Node: { Node: `test--agent--${host}` }, Service: {} })),
        };
      case "GET /v1/agent/services":
        return { json: Object.fromEntries(named.map((instance) => [instance.ID, instance])) };
      case "PUT /v1/agent/service/register": {
        this.#expectAnnounced(`${method} ${path}`);
        const registration: Registration = JSON.parse(body);
        this.registered ||= performance.now();
        const options = registration.Meta["haproxy-options"];
        this.log.push(`registers ${registration.ID}${options ? ` with ${options}` : ""}`);
        this.held.set(registration.ID, registration);
        return { json: null };
      }
      case "PUT /v1/agent/service/deregister": {
        if (this.holdsOn) return { status: 500, text: "no" };
        this.#expectAnnounced(`${method} ${path}`);
        const id = path.split("/").at(-1) ?? "";
        this.log.push(`deregisters ${id}`);
        return this.held.delete(id) && !this.forgot
          ? { json: null }
          : { status: 404, text: "Unknown service ID" };
      }
      case "GET /v1/kv":
        if (path.includes("/moving/")) return this.moving ? { json: this.moving } : { status: 404 };
        if (path.endsWith("/placement")) return this.services ? { json: this.services } : { status: 404 };
        return this.history ? { json: this.history } : { status: 404 };
      case "PUT /v1/kv":
        if (path.endsWith(`/${changeKey}`)) {
          this.#announced = true;
          return { json: true };
        }
        if (path.includes("/versions/")) {
          this.history = JSON.parse(body);
          this.log.push(`${path.slice("/v1/kv/".length)}: ${this.history?.map(({ image }) => image)}`);
          return { json: true };
        }
        if (path.includes("/moving/")) {
          this.moving = JSON.parse(body);
          this.log.push(`${path.slice("/v1/kv/".length)}: ${this.moving?.instances}`);
          return { json: true };
        }
        this.#expectAnnounced(`${method} ${path}`);
        this.log.push(`${path.slice("/v1/kv/".length)} = ${body}`);
        return { json: true };
      case "DELETE /v1/kv":
        this.log.push(`${path.slice("/v1/kv/".length)} gone`);
        return { json: true };
      default:
        return { status: 405, text: `${method} ${path}` };
    }
  }

  #expectAnnounced(change: string) {
    if (!this.#announced) this.log.push(`not announced: ${change}`);
  }

  /** As the agent's `await-passing` does it, but for the waiting. */
  #awaitPassing([seconds, timeout, host, path, ...targets]: readonly string[]): DockerAnswer {
    if (this.absent-- > 0) return { code: 1, err: "Error response from daemon: Container is restarting\n" };
    this.asked ||= performance.now();
    const instances = targets.map((target) => target.split(":")[0] ?? "");
    const failing = (instance: string) => {
      const seen = (this.#seen.get(instance) ?? 0) + 1;
      this.#seen.set(instance, seen);
      const [from, to] = this.falters[instance] ?? [0, 0];
      return this.broken.includes(instance) || (seen >= from && seen < to);
    };
    const failed = instances.filter(failing);
    if (failed.length > 0) this.failed = performance.now();
    this.log.push(`${instances.join(" ")}: ${path} of ${host} in ${timeout} s, for ${seconds} s?`);
    const lines = failed.map(
      (instance) => `${instance}:8000 ${this.answer.replace("/health", path ?? "")}\n`,
    );
    return { code: failed.length > 0 ? 1 : 0, out: lines.join("") };
  }
}

const register = (fleet: Fleet, changes: Partial<RegisterArgs>) =>
  runCommand(fleet, "register", { ...args, ...changes });
const asks = (instances: string, { path = "/health", seconds = 5 } = {}) =>
  `${instances}: ${path} of localhost in 1.5 s, for ${seconds} s?`;
const up = (servers: string) => `tcp://a:1 balancer: ${servers} up in service.web?`;
/** Of those that are taken out, the fake engine knows where the last one is. */
const drains = (at = "09801EAC:1F40") => `looks for connections to ${at}`;
const gone = (servers: string) => `tcp://a:1 balancer: ${servers} gone in service.web?`;

// Each mostly waits for processes to start.
describe("register", () => {
  test.concurrent("a new version: the old is let go only after every balancer has the new", async () => {
    const fleet = new Fleet("old-1", "old-2");
    const { code, said } = await register(fleet, { instances: ["new-2", "new-1"] });
    expect(fleet.log).toStrictEqual([
      asks("new-1 new-2"),
      "registers new-1",
      "registers new-2",
      up("new-1 new-2"),
      "flotilla/pools/web/a = 2",
      remembered,
      "deregisters old-1",
      "deregisters old-2",
      gone("old-1 old-2"),
      drains(),
    ]);
    expect(code).toBe(0);
    expect(said).toBe(
      "web: waiting for 2 instances to pass GET /health on port 8000\nweb: 2 instances taken out\n",
    );
  });

  test.concurrent("nothing to do: only the pool's size is told again", async () => {
    const fleet = new Fleet("w1", "w2");
    expect(await register(fleet, { instances: ["w1", "w2"] })).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual(["flotilla/pools/web/a = 2", remembered]);
  });

  test.concurrent("to nought: the balancers are told to expect none before they see none", async () => {
    const fleet = new Fleet("w1");
    await register(fleet, { instances: [] });
    expect(fleet.log).toStrictEqual(["flotilla/pools/web/a = 0", "deregisters w1", gone("w1"), drains()]);
  });

  test.concurrent("a broken version: it is not let in, the old serves on, and the user learns why", async () => {
    const fleet = new Fleet("old-1");
    fleet.broken = ["new-2"];
    const { code, said } = await register(fleet, { instances: ["new-1", "new-2"], healthTimeout: 1 });
    expect(code).toBe(1);
    expect(said).toBe(`web: waiting for 2 instances to pass GET /health on port 8000
service web: 1 of its new instances did not pass within 1 s; what served before serves on, untouched.
  instance new-2
    container: running, 2 restarts
    last answer to GET /health on port 8000: 503: from /health
    last lines of its log:
      line 9 of new-2
      line 10 of new-2
Correct the application, or its health check, port or health.timeout in its config, and run "pulumi up" again.
`);
    expect([...fleet.held.keys()]).toStrictEqual(["old-1"]);
    expect(fleet.log).toStrictEqual([asks("new-1 new-2", { seconds: 1 })]);
  });

  test.concurrent("a log line that Pulumi's plugin could not take is cut", async () => {
    const fleet = new Fleet();
    fleet.broken = ["w1"];
    fleet.logged = "x".repeat(100_000);
    const { said } = await register(fleet, { instances: ["w1"], healthTimeout: 0 });
    const lines = said.split("\n");
    expect(lines.filter((line) => line.length > 4100)).toStrictEqual([]);
    expect(said).toContain("x … (96012 characters more)");
    expect(lines.at(-2)).toMatch(/^Correct the application/);
  });

  const on = (address: string) => `0: ${address} 00000000:0000 0A 00000000:00000000\n`;
  const ofDocker = on("0B00007F:9C27");

  test.concurrent.each([
    [
      "on 127.0.0.1",
      ofDocker + on("0100007F:1F40"),
      "it runs, but takes connections to port 8000 on 127.0.0.1 only, where nothing but itself reaches it: " +
        "have it listen on 0.0.0.0",
    ],
    [
      "on other ports",
      on("00000000:0BB8") + on("0100007F:0BB9"),
      "it runs, but listens on port 3000, 3001, not on 8000",
    ],
    ["on none", ofDocker, "it runs, but listens on no port at all"],
  ])("an application that listens %s: the user learns that", async (_, table, words) => {
    const fleet = new Fleet();
    Object.assign(fleet, { broken: ["w1"], answer: "could not connect", tcpTable: table });
    const { said } = await register(fleet, { instances: ["w1"], healthTimeout: 0 });
    expect(said).toContain(`of its new instances did not pass`);
    expect(said).toContain(`    last answer to GET /health on port 8000: could not connect\n    ${words}\n`);
    expect(fleet.log.at(-1)).toBe(
      "run --rm --pull never --log-driver none --network container:w1 --entrypoint cat sha256:1" +
        " /proc/net/tcp /proc/net/tcp6",
    );
  });

  test.concurrent("one that could be reached: nothing is said of that", async () => {
    const fleet = new Fleet();
    Object.assign(fleet, { broken: ["w1"], answer: "timed out", tcpTable: on("00000000:1F40") });
    const { said } = await register(fleet, { instances: ["w1"], healthTimeout: 0 });
    expect(said).toContain("GET /health on port 8000: timed out\n    last lines of its log:\n");
  });

  test.concurrent("what is taken out already is taken out", async () => {
    const fleet = new Fleet("old-1", "w1");
    fleet.forgot = true;
    expect(await register(fleet, { instances: ["w1"] })).toStrictEqual({
      code: 0,
      said: "web: 1 instance taken out\n",
    });
  });

  test.concurrent("another command is at work on the service: this one waits", async () => {
    const fleet = new Fleet("w1");
    fleet.locked = 2;
    expect(await register(fleet, { instances: ["w1"] })).toStrictEqual({
      code: 0,
      said: "web: waiting for another command that works on it\n",
    });
    const locks = fleet.commandLines.filter((line) => line.includes("flock"));
    expect(locks).toHaveLength(3);
    expect(locks[0]).toMatch(
      /^exec -i test--agent--a flock --timeout 5 \/tmp\/flotilla-web\.lock sh -c echo locked/,
    );
    // As long as all of the work may take, not just the waiting.
    const [, longest] = /exec timeout (\d+) cat$/.exec(locks[0] ?? "") ?? [];
    expect(Number(longest)).toBeGreaterThan(300);
  });

  test.concurrent("the engine can't tell whether requests are under way: that is not as if there were none", async () => {
    const fleet = new Fleet("w1");
    fleet.drainFails = true;
    const { said } = await register(fleet, { instances: [], drain: 0 });
    expect(said).toBe(
      "web: 1 instance taken out, and whether requests are under way is not known: no awk here\n",
    );
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

  test.concurrent("every balancer of the host is asked", async () => {
    const fleet = new Fleet();
    fleet.roles = { ...fleet.roles, balancer: ["balancer-1", "balancer-2"] };
    await register(fleet, { instances: ["w1"], hasPeers: true });
    expect(fleet.log.filter((line) => line.endsWith(" in service.web?")).sort()).toStrictEqual([
      "tcp://a:1 balancer-1: w1 up in service.web?",
      "tcp://a:1 balancer-2: w1 up in service.web?",
    ]);
  });

  test.concurrent("another health path: tried before it counts", async () => {
    const fleet = new Fleet("w1", "w2");
    const ready = { ...service, health: { ...service.health, path: "/ready" } };
    const { code } = await register(fleet, { service: ready, instances: ["w1", "w2"] });
    expect(fleet.log).toStrictEqual([
      asks("w1 w2", { path: "/ready" }),
      "registers w1",
      "registers w2",
      "flotilla/pools/web/a = 2",
      remembered,
    ]);
    expect(fleet.held.get("w1")?.Meta["haproxy-uri"]).toBe("/ready");
    expect(code).toBe(0);
  });

  test.concurrent("another health path that does not pass: the old one stays", async () => {
    const fleet = new Fleet("w1");
    fleet.broken = ["w1"];
    const ready = { ...service, health: { ...service.health, path: "/ready" } };
    const { code, said } = await register(fleet, { service: ready, instances: ["w1"], healthTimeout: 0 });
    expect(code).toBe(1);
    expect(said).toContain("last answer to GET /ready on port 8000: 503: from /ready");
    expect([...fleet.held.values()].map(({ ID, Meta }) => [ID, Meta["haproxy-uri"]])).toStrictEqual([
      ["w1", "/health"],
    ]);
  });

  test.concurrent("requests under way get their time, but no more than that", async () => {
    const fleet = new Fleet("w1");
    fleet.connections = 1;
    const { code, said } = await register(fleet, { instances: [], drain: 3 });
    expect(fleet.log.filter((line) => line === drains()).length).toBeGreaterThan(1);
    expect(said).toBe("web: 1 instance taken out, with requests under way after 3 s\n");
    expect(code).toBe(0);
  });

  test.concurrent("where clients keep to instances, those that leave serve them on for a while", async () => {
    const fleet = new Fleet("old-1");
    const sticky = { ...service, sessions: true };
    const start = performance.now();
    const { code, said } = await register(fleet, { service: sticky, instances: ["new-1"], drain: 1 });
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(fleet.log).toStrictEqual([
      asks("new-1"),
      "registers new-1 with weight 0",
      "tcp://a:1 balancer: new-1 known in service.web?",
      "registers new-1",
      up("new-1"),
      "registers old-1 with weight 0",
      "flotilla/pools/web/a = 1",
      remembered,
      "deregisters old-1",
      gone("old-1"),
      drains(),
    ]);
    expect(said).toContain("web: 1 instance to leave, for 1 s there for their sessions only\n");
    expect(code).toBe(0);
  });

  test.concurrent.each([
    ["some stay", ["w1"], true, ["deregisters w2"]],
    ["none stays, and no other host comes here", [], false, ["deregisters w1", "deregisters w2"]],
    [
      "none stays",
      [],
      true,
      ["registers w1 with backup", "registers w2 with backup", "deregisters w1", "deregisters w2"],
    ],
  ])(
    "what other hosts have sent back finds those that leave where %s",
    async (_, instances, hasPeers, log) => {
      const fleet = new Fleet("w1", "w2");
      const { said } = await register(fleet, { instances, hasPeers });
      expect(fleet.log.filter((line) => line.includes("registers "))).toStrictEqual(log);
      const stay = "web: 2 instances to leave, for 5 s there for what no other host has\n";
      expect(said.includes(stay)).toBe(log.length > 2);
    },
  );

  test.concurrent("another token: the agent is to keep it for what it holds, as it holds it", async () => {
    const fleet = new Fleet("w1", "old-1");
    const changed = { ...service, port: 9000 };
    fleet.broken = ["w1"];
    await register(fleet, { instances: ["w1"], tokenId: "another", service: changed, healthTimeout: 0 });
    expect(fleet.log.slice(0, 2)).toStrictEqual(["registers w1", "registers old-1"]);
    const carried = [...fleet.held.values()].map(({ Port, Meta }) => [Port, Meta["flotilla-token"]]);
    expect(carried).toStrictEqual([
      [8000, "another"],
      [8000, "another"],
    ]);
  });

  test.concurrent("an agent that is restarting gets its time", async () => {
    const fleet = new Fleet("w1");
    fleet.restarting = 2;
    expect(await register(fleet, { instances: ["w1"] })).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual(["flotilla/pools/web/a = 1", remembered]);
  });

  test.concurrent("an agent that is restarting when it is to ask instances, too", async () => {
    const fleet = new Fleet();
    fleet.absent = 2;
    expect((await register(fleet, { instances: ["w1"] })).code).toBe(0);
    // How much of its time is left when it is back is the machine's affair.
    expect(fleet.log[0]).toMatch(/^w1: \/health of localhost in 1\.5 s, for [1-5] s\?$/);
    expect(fleet.log[1]).toBe("registers w1");
  });

  test.concurrent("an agent that can't ask them: they don't pass", async () => {
    const fleet = new Fleet();
    fleet.absent = Number.POSITIVE_INFINITY;
    const { code, said } = await register(fleet, { instances: ["w1"], healthTimeout: 1 });
    expect(code).toBe(1);
    expect(said).toContain("1 of its new instances did not pass within 1 s");
    expect([...fleet.held.keys()]).toStrictEqual([]);
  });

  test.concurrent("a service that is checked by connecting: a connection is all it is asked for", async () => {
    const fleet = new Fleet();
    const tcp = { ...service, health: { ...service.health, type: "tcp" } } as const;
    expect((await register(fleet, { service: tcp, instances: ["w1"] })).code).toBe(0);
    expect(fleet.log.slice(0, 2)).toStrictEqual([asks("w1", { path: "tcp" }), "registers w1"]);
  });

  describe("settling", () => {
    const settling = "web: watching whether they go on passing for 1 s\n";

    test.concurrent("new ones are watched for a while before they are let in", async () => {
      const fleet = new Fleet("old-1");
      const { code, said } = await register(fleet, { instances: ["new-1"], settle: 1 });
      expect(code).toBe(0);
      expect(said).toContain(settling);
      expect(fleet.registered - fleet.asked).toBeGreaterThan(990);
      const looks = fleet.log.filter((line) => line === asks("new-1", { seconds: 0 })).length;
      expect(looks).toBeGreaterThan(0);
      expect(fleet.log.slice(0, looks + 3)).toStrictEqual([
        asks("new-1"),
        ...Array(looks).fill(asks("new-1", { seconds: 0 })),
        "registers new-1",
        up("new-1"),
      ]);
    });

    test.concurrent("one that restarts meanwhile: none is let in, and the user learns why", async () => {
      const fleet = new Fleet("old-1");
      fleet.restarts = { "new-2": 2 };
      const { code, said } = await register(fleet, { instances: ["new-1", "new-2"], settle: 60 });
      expect(code).toBe(1);
      expect(said).toBe(`web: waiting for 2 instances to pass GET /health on port 8000
web: watching whether they go on passing for 60 s
service web: 1 of its new instances stopped or restarted after they had passed; what served before serves on, untouched.
  instance new-2
    container: running, 2 restarts
    last lines of its log:
      line 9 of new-2
      line 10 of new-2
Correct the application: the log should tell why it ended. Then run "pulumi up" again.
`);
      expect([...fleet.held.keys()]).toStrictEqual(["old-1"]);
      expect(fleet.history).toBeUndefined();
    });

    test.concurrent("one that is gone meanwhile", async () => {
      const fleet = new Fleet();
      fleet.runs = { "new-1": "" };
      const { code, said } = await register(fleet, { instances: ["new-1"], settle: 60 });
      expect(code).toBe(1);
      expect(said).toContain("1 of its new instances stopped or restarted after they had passed");
    });

    test.concurrent("one that fails a check meanwhile has to begin anew", async () => {
      const fleet = new Fleet("old-1");
      fleet.falters = { "new-1": [2, 3] };
      const { code } = await register(fleet, { instances: ["new-1"], settle: 1 });
      expect(code).toBe(0);
      expect(fleet.registered - fleet.failed).toBeGreaterThan(990);
    });

    test.concurrent("one that fails its check for good", async () => {
      const fleet = new Fleet("old-1");
      fleet.falters = { "new-1": [2, Number.POSITIVE_INFINITY] };
      const { code, said } = await register(fleet, { instances: ["new-1"], settle: 60, healthTimeout: 2 });
      expect(code).toBe(1);
      expect(said).toContain("1 of its new instances did not pass within 2 s");
    });

    test.concurrent.each([
      ["more of what serves already", { "new-1": "old" }, 60],
      ["nothing to wait for", {}, 0],
    ])("%s: let in at once", async (_, runs, settle) => {
      const fleet = new Fleet("old-1");
      fleet.runs = runs;
      const { code, said } = await register(fleet, { instances: ["old-1", "new-1"], settle });
      expect({ code, said }).toStrictEqual({
        code: 0,
        said: "web: waiting for 1 instance to pass GET /health on port 8000\n",
      });
    });

    test.concurrent("the first of all are let in at once, though they have to run on until then", async () => {
      const fleet = new Fleet();
      const first = { instances: ["new-1"], settle: 60 };
      expect(await register(fleet, first)).toStrictEqual({
        code: 0,
        said: "web: waiting for 1 instance to pass GET /health on port 8000\n",
      });
      const restarting = new Fleet();
      restarting.restarts = { "new-1": 1 };
      expect(await register(restarting, first)).toMatchObject({ code: 1 });
      expect([...restarting.held.keys()]).toStrictEqual([]);
    });

    test.concurrent("what does not run any more proves nothing", async () => {
      const fleet = new Fleet("old-1");
      fleet.runs = { "new-1": "old", "old-1": "" };
      const { said } = await register(fleet, { instances: ["old-1", "new-1"], settle: 1 });
      expect(said).toContain(settling);
    });

    test.concurrent("one that restarts under its first requests: no old one goes", async () => {
      const fleet = new Fleet("old-1");
      fleet.restarts = { "new-1": 1 };
      const { code, said } = await register(fleet, { instances: ["new-1"] });
      expect(code).toBe(1);
      expect(said).toContain("1 of its new instances stopped or restarted after they had passed");
      expect(fleet.log.slice(-3)).toStrictEqual([
        up("new-1"),
        asks("new-1", { seconds: 0 }),
        "deregisters new-1",
      ]);
      expect([...fleet.held.keys()]).toStrictEqual(["old-1"]);
    });

    test.concurrent("what the instances are made from is not shown", async () => {
      const fleet = new Fleet("old-1");
      fleet.restarts = { "new-1": 2 };
      const { said } = await register(fleet, { instances: ["new-1"], settle: 60 });
      expect(said).not.toContain(secret);
    });
  });

  describe("history", () => {
    const old = { image: "flotilla/test--web:old", since: "2026-01-01T00:00:00.000Z" };

    test.concurrent("another version goes on top", async () => {
      const fleet = new Fleet("w1");
      fleet.history = [old];
      const before = Date.now();
      await register(fleet, { instances: ["w1"] });
      expect(fleet.history).toStrictEqual([{ image, since: expect.any(String) }, old]);
      expect(Date.parse(fleet.history[0]?.since ?? "")).toBeGreaterThanOrEqual(before);
    });

    test.concurrent("the same version is not told twice", async () => {
      const fleet = new Fleet("w1");
      fleet.history = [old];
      await register(fleet, { instances: ["w1"], image: old.image });
      expect(fleet.log).toStrictEqual(["flotilla/pools/web/a = 1"]);
    });
  });

  describe("old images", () => {
    const tagged = (...tags: string[]) => tags.map((tag) => `flotilla/test--web:${tag}`);
    const imageLabels = { "flotilla.image": "service/web", "flotilla.image.stack": "test" };
    const run = async (instances: string[], more: Partial<RegisterArgs> = {}) => {
      const fleet = new Fleet("w1");
      fleet.images = [...tagged("new", "old", "failed", "older", "used"), "flotilla/test--web-2:old"];
      fleet.imagesInUse = tagged("used");
      fleet.history = tagged("old").map((image) => ({ image, since: "2026-01-01T00:00:00.000Z" }));
      const { code } = await register(fleet, { instances, imageLabels, ...more });
      return { code, fleet, removed: fleet.log.filter((line) => line.startsWith("removes")) };
    };

    test.concurrent("go when the history does not know them, unless they are in use", async () => {
      const { code, fleet, removed } = await run(["w1"]);
      expect([code, ...removed]).toStrictEqual([
        0,
        ...tagged("failed", "older").map((image) => `removes ${image}`),
      ]);
      expect(fleet.commandLines).toContain(
        "image ls --format {{.Repository}}:{{.Tag}} --filter label=flotilla.image=service/web" +
          " --filter label=flotilla.image.stack=test flotilla/test--web",
      );
    });

    test.concurrent("stay where nothing is brought into service", async () => {
      expect((await run([])).removed).toStrictEqual([]);
    });

    test.concurrent("stay where they are somebody else's", async () => {
      expect((await run(["w1"], { imageLabels: undefined })).removed).toStrictEqual([]);
    });
  });

  test.concurrent("what another update left is taken away, and nothing else", async () => {
    const fleet = new Fleet("old-1");
    fleet.roles.server = ["lost-1", "lost-2", "new-1", "old-1"];
    expect((await register(fleet, { instances: ["new-1"] })).code).toBe(0);
    expect(fleet.log.slice(-2)).toStrictEqual([
      "stop -t 7 lost-1 lost-2",
      "rm --force --volumes lost-1 lost-2",
    ]);
    expect(fleet.commandLines).toContain(
      "ps --all --format {{.Names}} --filter label=flotilla.host=a --filter label=flotilla.role=server" +
        " --filter label=flotilla.service=web --filter label=flotilla.stack=test",
    );
  });

  test.concurrent("the token goes to Consul, and stands in no command line", async () => {
    const fleet = new Fleet("old-1");
    await register(fleet, { instances: ["new-1"] });
    expect([...fleet.tokens]).toStrictEqual([token]);
    expect(fleet.commandLines.length).toBeGreaterThan(3);
    expect(fleet.commandLines.filter((line) => line.includes(token))).toStrictEqual([]);
  });
});

describe("register --batch", () => {
  const batch = (fleet: Fleet, ...instances: string[]) =>
    runCommand(fleet, "register", { ...args, instances }, "--batch");
  const [old1, old2, old3] = [
    "test--web--a--1-aaaaaaa",
    "test--web--a--2-aaaaaaa",
    "test--web--a--3-aaaaaaa",
  ];
  const [new1, new2] = ["test--web--a--1-bbbbbbb", "test--web--a--2-bbbbbbb"];

  test.concurrent("takes the places of those with its numbers, and stops those", async () => {
    const fleet = new Fleet(old1, old2, old3);
    // The first of a failed update, too.
    fleet.roles.server = [old1, old2, old3, new1, new2, "test--web--a--1-ccccccc", "test--web--a--3-ccccccc"];
    expect(await batch(fleet, new1, new2)).toStrictEqual({
      code: 0,
      said: "web: waiting for 2 instances to pass GET /health on port 8000\nweb: 2 instances taken out\n",
    });
    expect(fleet.log).toStrictEqual([
      asks(`${new1} ${new2}`),
      `registers ${new1}`,
      `registers ${new2}`,
      up(`${new1} ${new2}`),
      `deregisters ${old1}`,
      `deregisters ${old2}`,
      gone(`${old1} ${old2}`),
      drains(),
      `stop -t 7 ${old1} test--web--a--1-ccccccc ${old2}`,
    ]);
  });

  test.concurrent("leaves everything as it is where its instances serve already", async () => {
    const fleet = new Fleet(old1, old2, old3);
    fleet.roles.server = [old1, old2, old3];
    expect(await batch(fleet, old1, old2)).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual([]);
  });

  test.concurrent("stops nothing when its instances are of no use", async () => {
    const fleet = new Fleet(old1, old2, old3);
    fleet.roles.server = [old1, old2, old3, new1];
    fleet.restarts = { [new1]: 1 };
    expect((await batch(fleet, new1)).code).toBe(1);
    expect([...fleet.held.keys()]).toStrictEqual([old1, old2, old3]);
    expect(fleet.log.filter((line) => line.startsWith("stop"))).toStrictEqual([]);
  });
});

describe("register, the old stopped first", () => {
  const stopFirst = (fleet: Fleet, changes: Partial<RegisterArgs>, ...flags: string[]) =>
    runCommand(fleet, "register", { ...args, order: "stop-first", ...changes }, ...flags);
  const [old1, old2] = ["test--web--a--1-aaaaaaa", "test--web--a--2-aaaaaaa"];
  const [new1, new2] = ["test--web--a--1-bbbbbbb", "test--web--a--2-bbbbbbb"];
  const of = (instances: string[], containers: string[]) => {
    const fleet = new Fleet(...instances);
    fleet.roles.server = containers;
    return fleet;
  };
  const downs = (size = 0) => [
    ...(size === 0 ? ["flotilla/pools/web/a = 0"] : []),
    `deregisters ${old1}`,
    gone(old1),
    drains(),
    `update --restart=unless-stopped ${old1}`,
    `stop -t 7 ${old1}`,
  ];
  const starts = [`update --restart=always ${new1}`, `start ${new1}`];
  const bringsBack = [
    `stop -t 7 ${new1}`,
    `update --restart=no ${new1}`,
    `update --restart=always ${old1}`,
    `start ${old1}`,
    asks(old1),
    `registers ${old1}`,
    "flotilla/pools/web/a = 1",
    up(old1),
  ];

  test.concurrent("a new version: it is started once the old is out and stopped", async () => {
    const fleet = of([old1], [new1, old1]);
    expect(await stopFirst(fleet, { instances: [new1] })).toStrictEqual({
      code: 0,
      said:
        "web: 1 instance to be stopped before others are started; requests get 503 until then\n" +
        "web: 1 instance taken out\nweb: waiting for 1 instance to pass GET /health on port 8000\n",
    });
    expect(fleet.log).toStrictEqual([
      ...downs(),
      ...starts,
      asks(new1),
      `registers ${new1}`,
      up(new1),
      "flotilla/pools/web/a = 1",
      "flotilla/pools/web/a = 1",
      remembered,
      `stop -t 7 ${old1}`,
      `rm --force --volumes ${old1}`,
    ]);
  });

  test.concurrent("a container that ends just when its restart policy is to be changed", async () => {
    const fleet = of([old1], [new1, old1]);
    fleet.ending = 2;
    expect((await stopFirst(fleet, { instances: [new1] })).code).toBe(0);
    expect(fleet.log).toStrictEqual(expect.arrayContaining([...downs(), ...starts]));
  });

  test.concurrent("a broken version: the old is started again, and serves", async () => {
    const fleet = of([old1], [new1, old1]);
    fleet.broken = [new1];
    const { code, said } = await stopFirst(fleet, { instances: [new1] });
    expect(code).toBe(1);
    expect(fleet.log).toStrictEqual([...downs(), ...starts, asks(new1), ...bringsBack]);
    expect(said).toContain("web: 1 instance that served before started again\n");
    expect(said).toContain("did not pass within 5 s; what was stopped for them is started again.\n");
    expect([...fleet.held.keys()]).toStrictEqual([old1]);
  });

  test.concurrent("one that can't even be started: the same", async () => {
    const fleet = of([old1], [new1, old1]);
    fleet.startFails = "no such program";
    const { code, said } = await stopFirst(fleet, { instances: [new1] });
    expect(code).toBe(1);
    expect(fleet.log.slice(0, -1)).toStrictEqual([...downs(), ...starts, ...bringsBack.slice(0, 3)]);
    expect(said).toMatch(
      /what served before could not be started again: no such program\nno such program\n$/,
    );
  });

  test.concurrent("one that served under another check is not asked by the new one", async () => {
    const fleet = of([old1], [new1, old1]);
    fleet.broken = [new1, old1];
    const changed = { ...service, health: { ...health, path: "/up" } };
    await stopFirst(fleet, { instances: [new1], service: changed });
    expect(fleet.log).not.toContain(asks(old1, { path: "/up" }));
    expect(fleet.held.get(old1)?.Meta["haproxy-uri"]).toBe(registrationOf(service, old1).Meta["haproxy-uri"]);
  });

  test.concurrent("one that does not come back in time is told of", async () => {
    const fleet = of([old1], [new1, old1]);
    fleet.broken = [new1, old1];
    const { said } = await stopFirst(fleet, { instances: [new1], healthTimeout: 1 });
    expect(said).toContain("served before started again, but 1 did not pass within 1 s\n");
  });

  test.concurrent("one that an update which was killed has stopped is started again, too", async () => {
    const lost = "test--web--a--1-ccccccc";
    const fleet = of([], [new1, old1, lost]);
    fleet.policies = { [old1]: "unless-stopped", [lost]: "no" };
    fleet.broken = [new1];
    await stopFirst(fleet, { instances: [new1] });
    expect(fleet.log).toContain(`start ${old1}`);
    expect(fleet.log).toContain(`stop -t 7 ${old1} ${lost}`);
    expect([...fleet.held.keys()]).toStrictEqual([old1]);
  });

  test.concurrent("in batches: the others of the pool serve on", async () => {
    const fleet = of([old1, old2], [new1, old1, old2]);
    const { code, said } = await stopFirst(fleet, { instances: [new1] }, "--batch");
    expect({ code, said }).toStrictEqual({
      code: 0,
      said:
        "web: 1 instance to be stopped before others are started\nweb: 1 instance taken out\n" +
        "web: waiting for 1 instance to pass GET /health on port 8000\n",
    });
    expect(fleet.log).toStrictEqual([
      ...downs(1),
      ...starts,
      asks(new1),
      `registers ${new1}`,
      up(new1),
      `stop -t 7 ${old1}`,
    ]);
  });

  test.concurrent("scaling stops nothing", async () => {
    const fleet = of([old1], [new2, old1]);
    await stopFirst(fleet, { instances: [old1, new2] });
    expect(fleet.log).toStrictEqual([
      `update --restart=always ${new2}`,
      `start ${new2}`,
      asks(new2),
      `registers ${new2}`,
      up(new2),
      "flotilla/pools/web/a = 2",
      remembered,
    ]);
  });

  test.concurrent("one that somebody has stopped is started, and let in again", async () => {
    const fleet = of([old1, old2], [old1, old2]);
    fleet.states = { [old2]: "exited" };
    await stopFirst(fleet, { instances: [old1, old2] });
    expect(fleet.log).toStrictEqual([
      `update --restart=always ${old2}`,
      `start ${old2}`,
      asks(old2),
      `registers ${old2}`,
      up(old2),
      "flotilla/pools/web/a = 2",
      remembered,
    ]);
  });
});

describe("register, workers", () => {
  const workers = (fleet: Fleet, changes: Partial<RegisterArgs>, ...flags: string[]) =>
    runCommand(fleet, "register", { ...args, service: { name: "web" }, ...changes }, ...flags);
  const [old1, old2] = ["test--web--a--1-aaaaaaa", "test--web--a--2-aaaaaaa"];
  const [new1, new2] = ["test--web--a--1-bbbbbbb", "test--web--a--2-bbbbbbb"];
  const of = (held: string[], containers: string[]) => {
    const fleet = new Fleet().hold({ name: "web" }, ...held);
    fleet.roles.server = containers;
    // Containers of one version run the same.
    fleet.runs = Object.fromEntries(containers.map((name) => [name, name.slice(-7)]));
    return fleet;
  };
  const starts = (...instances: string[]) => [
    `update --restart=always ${instances.join(" ")}`,
    `start ${instances.join(" ")}`,
  ];
  const turnsAway = (...instances: string[]) => [
    `stop -t 7 ${instances.join(" ")}`,
    `update --restart=no ${instances.join(" ")}`,
  ];
  /** Balancers are to expect none. */
  const size = "flotilla/pools/web/a = 0";

  test.concurrent("a new version: it begins, and the old is stopped once it has lasted", async () => {
    const fleet = of([old1, old2], [old1, old2, new1, new2]);
    expect(await workers(fleet, { instances: [new1, new2], settle: 1 })).toStrictEqual({
      code: 0,
      said:
        "web: waiting for 2 instances to run\nweb: watching whether they go on running for 1 s\n" +
        "web: 2 instances taken out\n",
    });
    expect(fleet.log).toStrictEqual([
      ...starts(new1, new2),
      `registers ${new1}`,
      `registers ${new2}`,
      size,
      remembered,
      `deregisters ${old1}`,
      `deregisters ${old2}`,
      `stop -t 7 ${old1} ${old2}`,
    ]);
    const { Meta, ...registration } = fleet.held.get(new1) ?? {};
    expect(registration).toStrictEqual({ ID: new1, Name: "web", Address: new1, Port: 0, Tags: [] });
  });

  test.concurrent.each<[string, Partial<Fleet>]>([
    ["has ended at once", { states: { [new2]: "restarting" } }],
    ["ends while it is watched", { restarts: { [new2]: 2 } }],
  ])("a version that %s is stopped for good, and its log shown; the old works on", async (_, fault) => {
    const fleet = Object.assign(of([old1], [old1, new1, new2]), fault);
    const { code, said } = await workers(fleet, { instances: [new1, new2], settle: 2 });
    expect(code).toBe(1);
    expect(
      said,
    ).toContain(`service web: 1 of its new instances ended or restarted, though a worker is to run on; what served before serves on, untouched.
  instance ${new2}
    container: running, 2 restarts
    last lines of its log:
      line 9 of ${new2}
      line 10 of ${new2}
Correct the application: the log should tell why it ended. Then run "pulumi up" again.
`);
    expect(fleet.log).toStrictEqual([...starts(new1, new2), ...turnsAway(new1, new2)]);
    expect([...fleet.held.keys()]).toStrictEqual([old1]);
  });

  test.concurrent("one that ends when it has been let in is taken back, too", async () => {
    const fleet = of([], [new1]);
    fleet.restarts = { [new1]: 2 };
    expect(await workers(fleet, { instances: [new1] })).toMatchObject({ code: 1 });
    expect(fleet.log).toStrictEqual([
      ...starts(new1),
      `registers ${new1}`,
      `deregisters ${new1}`,
      ...turnsAway(new1),
    ]);
  });

  test.concurrent("in batches: only those whose places are taken are stopped", async () => {
    const fleet = of([old1, old2], [old1, old2, new1]);
    expect(await workers(fleet, { instances: [new1] }, "--batch")).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([
      ...starts(new1),
      `registers ${new1}`,
      `deregisters ${old1}`,
      `stop -t 7 ${old1}`,
    ]);
  });

  test.concurrent("the old stopped first, and started again where the new ends", async () => {
    const fleet = of([old1], [old1, new1]);
    fleet.restarts = { [new1]: 2 };
    const { code, said } = await workers(fleet, { instances: [new1], order: "stop-first" });
    expect(code).toBe(1);
    expect(said).toContain("web: 1 instance to be stopped before others are started\n");
    expect(said).toContain("web: 1 instance that served before started again\n");
    expect(fleet.log).toStrictEqual([
      size,
      `deregisters ${old1}`,
      `update --restart=unless-stopped ${old1}`,
      `stop -t 7 ${old1}`,
      ...starts(new1),
      `registers ${new1}`,
      `deregisters ${new1}`,
      ...turnsAway(new1),
      ...starts(old1),
      `registers ${old1}`,
      size,
    ]);
  });

  test.concurrent("under stop-first, too, the first version of all is stopped where it ends", async () => {
    const fleet = of([], [new1]);
    fleet.states = { [new1]: "restarting" };
    expect(await workers(fleet, { instances: [new1], order: "stop-first" })).toMatchObject({ code: 1 });
    expect(fleet.log).toStrictEqual([...starts(new1), ...turnsAway(new1)]);
  });

  test.concurrent.each(["start-first", "stop-first"] as const)(
    "%s: one that ended and can't be stopped for good: both is said",
    async (order) => {
      const fleet = of([], [new1]);
      fleet.states = { [new1]: "restarting" };
      fleet.stopFails = "no space left on device\n";
      const { code, said } = await workers(fleet, { instances: [new1], order });
      expect(code).toBe(1);
      expect(said).toContain("what is refused could not be stopped: ");
      expect(said).toContain("1 of its new instances ended or restarted");
    },
  );

  test.concurrent("more of what works already begin unwatched; one that was stopped begins again", async () => {
    const fleet = of([old1, new1], [old1, new1, old2]);
    fleet.states = { [new1]: "exited" };
    const { code, said } = await workers(fleet, { instances: [old1, old2, new1], settle: 5 });
    expect({ code, said }).toStrictEqual({ code: 0, said: "web: waiting for 2 instances to run\n" });
    expect(fleet.log.slice(0, 2)).toStrictEqual(starts(new1, old2));
  });

  test.concurrent("to nought: they are stopped, and no balancer is asked", async () => {
    const fleet = of([old1], [old1]);
    expect(await workers(fleet, { instances: [] })).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([size, `deregisters ${old1}`, `stop -t 7 ${old1}`]);
  });

  test.concurrent("a service that becomes a worker: balancers are asked whether they have let go of the old", async () => {
    const fleet = new Fleet(old1);
    fleet.roles.server = [old1, new1];
    expect(await workers(fleet, { instances: [new1] })).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([
      ...starts(new1),
      `registers ${new1}`,
      size,
      remembered,
      `deregisters ${old1}`,
      gone(old1),
      drains(),
      `stop -t 7 ${old1}`,
    ]);
  });

  test.concurrent("a worker that comes to answer requests: balancers are asked about the new only", async () => {
    const fleet = of([old1], [old1, new1]);
    expect(await register(fleet, { instances: [new1] })).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([
      asks(new1),
      `registers ${new1}`,
      up(new1),
      "flotilla/pools/web/a = 1",
      remembered,
      `deregisters ${old1}`,
    ]);
  });

  test.concurrent("where the service is no more, nothing is left behind", async () => {
    const fleet = of([old1], [old1]);
    fleet.services = [];
    expect(await workers(fleet, { instances: [old1] }, "--withdraw")).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([
      size,
      `deregisters ${old1}`,
      "flotilla/pools/web/a gone",
      "flotilla/versions/web/a gone",
    ]);
  });
});

describe("what may be locked", () => {
  const broken = async (fleet: Fleet, changes: Partial<RegisterArgs>) => {
    fleet.broken = ["new-1"];
    const { said } = await register(fleet, { instances: ["new-1"], healthTimeout: 0, ...changes });
    return said.includes("to rollout: { order: stop-first }, which stops the old copies before");
  };

  test.concurrent("new ones that write to volumes fail beside old ones: the key is named", async () => {
    expect(await broken(new Fleet("old-1"), { writesVolumes: true })).toBe(true);
  });

  test.concurrent.each<[string, Fleet, Partial<RegisterArgs>]>([
    ["no volumes that they write to", new Fleet("old-1"), {}],
    ["nothing to run beside", new Fleet(), { writesVolumes: true }],
    ["the key is set", new Fleet("old-1"), { writesVolumes: true, order: "stop-first" }],
  ])("%s: it is not", async (_, fleet, changes) => {
    expect(await broken(fleet, changes)).toBe(false);
  });
});

describe("register, copies that move between hosts", () => {
  const [one, two, three] = ["test--web--a--1-aaaaaaa", "test--web--a--2-aaaaaaa", "test--web--a--3-aaaaaaa"];
  const [new1, new2, new3] = [
    "test--web--a--1-bbbbbbb",
    "test--web--a--2-bbbbbbb",
    "test--web--a--3-bbbbbbb",
  ];
  const hosts = ["a", "b", "c"];
  const moving = (replicas: number) => ({ moving: { service: "web", replicas, most: 3, hosts } });
  const of = (held: string[], states: Record<string, string>) => {
    const fleet = new Fleet(...held);
    Object.assign(fleet, { states, roles: { ...fleet.roles, server: Object.keys(states) } });
    return fleet;
  };
  const writes = (...instances: string[]) => `flotilla/moving/a/web: ${instances}`;
  const size = (number: number) => `flotilla/pools/web/a = ${number}`;
  const starts = (...instances: string[]) => [
    `update --restart=always ${instances.join(" ")}`,
    `start ${instances.join(" ")}`,
  ];
  const stops = (...instances: string[]) => [
    `stop -t 7 ${instances.join(" ")}`,
    `update --restart=no ${instances.join(" ")}`,
  ];

  test.concurrent("the host's share is started, and the mover told of all", async () => {
    const fleet = of([], { [one]: "created", [two]: "created", [three]: "created" });
    expect(await register(fleet, { instances: [one, two, three], ...moving(6) })).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([
      ...starts(one, two),
      asks(`${one} ${two}`),
      `registers ${one}`,
      `registers ${two}`,
      up(`${one} ${two}`),
      writes(one, two, three),
      size(2),
      remembered,
    ]);
    expect(fleet.moving).toMatchObject({ ...moving(6), token: "", host: "a" });
  });

  test.concurrent("a new version: as many as serve are started, and the mover told before the old go", async () => {
    const states = { [one]: "running", [two]: "exited", [new1]: "created", [new2]: "created" };
    const fleet = of([one], states);
    fleet.elsewhere = ["b", "c"];
    expect(await register(fleet, { instances: [new1, new2], ...moving(3) })).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual([
      ...starts(new1),
      asks(new1),
      `registers ${new1}`,
      up(new1),
      writes(new1, new2),
      size(1),
      remembered,
      `deregisters ${one}`,
      gone(one),
      drains(),
      // No update of Pulumi's knows of it any more.
      `stop -t 7 ${two}`,
      `rm --force --volumes ${two}`,
    ]);
  });

  test.concurrent("a version that is refused does not run on, and the mover keeps to the old", async () => {
    const fleet = of([one], { [one]: "running", [new1]: "created" });
    fleet.broken = [new1];
    const changes = { instances: [new1], healthTimeout: 0, ...moving(3) };
    expect(await register(fleet, changes)).toMatchObject({ code: 1 });
    expect(fleet.log).toStrictEqual([...starts(new1), asks(new1, { seconds: 0 }), ...stops(new1)]);
    expect(fleet.moving).toBeUndefined();
  });

  test.concurrent("fewer than before: those that leave wait for the other hosts' copies, and are stopped", async () => {
    const fleet = of([one, two], { [one]: "running", [two]: "running" });
    Object.assign(fleet, { elsewhere: ["b", "c"], othersLate: 2 });
    expect(await register(fleet, { instances: [one, two], ...moving(3) })).toMatchObject({ code: 0 });
    expect(fleet.othersAsked).toBe(3);
    expect(fleet.log).toStrictEqual([
      writes(one, two),
      size(1),
      remembered,
      `deregisters ${two}`,
      gone(two),
      drains(),
      ...stops(two),
    ]);
  });

  test.concurrent("none where another host is to have it, but does not come to it: it serves on", async () => {
    const share = (host: string) => shareOf({ service: "web", replicas: 1, most: 1, hosts }, host, hosts);
    const host = hosts.find((key) => share(key) === 0) ?? "";
    const instance = `test--web--${host}--1-aaaaaaa`;
    const fleet = of([instance], { [instance]: "running" });
    const spread = { service: "web", replicas: 1, most: 1, hosts };
    const changes = { host, instances: [instance], moving: spread, healthTimeout: 0, settle: -60 };
    const { code, said } = await register(fleet, changes);
    expect({ code, said }).toStrictEqual({
      code: 1,
      said: `web: other hosts have not got the copies that are to come to them, so those on ${host} serve on. Run "pulumi up" again.\n`,
    });
    expect([...fleet.held.keys()]).toStrictEqual([instance]);
  });

  test.concurrent("in batches: the mover is told which of them are others now", async () => {
    const fleet = of([one], { [one]: "running", [new1]: "created" });
    const before = { ...args, instances: [one, two, three] };
    fleet.moving = before;
    const done = await runCommand(fleet, "register", { ...args, instances: [new1], ...moving(3) }, "--batch");
    expect(done).toMatchObject({ code: 0 });
    expect(fleet.moving.instances).toStrictEqual([new1, two, three]);
    expect(fleet.log.at(-1)).toBe(`stop -t 7 ${one}`);
    expect([new2, new3].some((instance) => fleet.log.join().includes(instance))).toBe(false);
  });

  test.concurrent("a service whose copies don't move any more: the mover has nothing to do with it", async () => {
    const fleet = of([one], { [one]: "running" });
    fleet.moving = args;
    expect(await register(fleet, { instances: [one] })).toMatchObject({ code: 0 });
    expect(fleet.log).toStrictEqual(["flotilla/moving/a/web gone", size(1), remembered]);
  });
});

describe("register --withdraw", () => {
  const withdraw = (fleet: Fleet, changes: Partial<RegisterArgs> = {}) =>
    runCommand(fleet, "register", { ...args, instances: ["w1"], ...changes }, "--withdraw");
  const here = [{ name: "web", hosts: ["a", "b"] }];

  describe.each([
    ["the service is no more", [{ name: "api", hosts: ["a"] }]],
    ["it runs on other hosts only", [{ name: "web", hosts: ["b"] }]],
  ])("where %s", (_, services) => {
    test.concurrent("takes all out, and leaves nothing behind", async () => {
      const fleet = new Fleet("w1");
      fleet.services = services;
      const { code } = await withdraw(fleet);
      expect(fleet.log).toStrictEqual([
        "flotilla/pools/web/a = 0",
        "deregisters w1",
        gone("w1"),
        drains(),
        "flotilla/pools/web/a gone",
        "flotilla/versions/web/a gone",
      ]);
      expect(code).toBe(0);
    });
  });

  test.concurrent("the last that there are stay for a moment for what other hosts have sent back", async () => {
    const fleet = new Fleet("w1");
    fleet.services = [{ name: "web", hosts: ["b"] }];
    const { said } = await withdraw(fleet, { hasPeers: true });
    expect(fleet.log[0]).toBe("registers w1 with backup");
    expect(fleet.log).toContain("deregisters w1");
    expect(said).toContain("web: 1 instance to leave, for 5 s there for what no other host has\n");
  });

  test.concurrent("a pool of nought leaves nothing behind either", async () => {
    const fleet = new Fleet();
    fleet.services = [];
    await withdraw(fleet, { instances: [] });
    expect(fleet.log.slice(-2)).toStrictEqual(["flotilla/pools/web/a gone", "flotilla/versions/web/a gone"]);
  });

  test.concurrent("is never in the way: what Consul cannot do any more is told, and that is all", async () => {
    const fleet = new Fleet("w1");
    fleet.services = [];
    fleet.holdsOn = true;
    expect(await withdraw(fleet)).toStrictEqual({
      code: 0,
      said:
        "web: Consul could not be told that it goes: Consul answered 500 to PUT /v1/agent/service/deregister/w1: no\n" +
        "w1 is still registered: Consul answered 500 to PUT /v1/agent/service/deregister/w1: no\n",
    });
  });

  test.concurrent("another registration took its place: what that let in serves on", async () => {
    const fleet = new Fleet("new-1", "new-2");
    fleet.services = here;
    fleet.roles.server = ["new-1", "new-2", "w1"];
    expect(await withdraw(fleet)).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual([]);
    expect([...fleet.held.keys()]).toStrictEqual(["new-1", "new-2"]);
  });

  test.concurrent("the whole stack goes: only what Pulumi does not know of is taken away", async () => {
    const fleet = new Fleet("w1");
    fleet.services = here;
    fleet.roles.server = ["lost-1", "w1"];
    expect(await withdraw(fleet, { stopGrace: 100 })).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual(["stop -t 10 lost-1", "rm --force --volumes lost-1"]);
  });

  test.concurrent("there is no agent any more: the same", async () => {
    const fleet = new Fleet("w1");
    fleet.roles = { agent: [], server: ["lost-1", "w1"] };
    expect(await withdraw(fleet)).toStrictEqual({ code: 0, said: "" });
    expect(fleet.log).toStrictEqual(["stop -t 7 lost-1", "rm --force --volumes lost-1"]);
  });

  test.concurrent("no Consul server is left to ask what services there are: the same", async () => {
    const fleet = new Fleet("w1");
    fleet.consulFails = /^\/v1\/kv/;
    fleet.roles.server = ["lost-1", "w1"];
    const { code, said } = await withdraw(fleet);
    expect(code).toBe(0);
    expect(said).toBe(
      "web: Consul is told nothing, since it does not tell: " +
        "Consul answered 500 to GET /v1/kv/flotilla/placement: No cluster leader\n",
    );
    expect(fleet.log).toStrictEqual(["stop -t 7 lost-1", "rm --force --volumes lost-1"]);
  });

  test.concurrent.each<[string, Partial<Fleet>, RegExp]>([
    [
      "the agent refuses",
      { consulFails: /./ },
      /^web: left as it is: .*Consul answered 500 to GET \/v1\/agent\/services: No cluster leader\n$/,
    ],
    [
      "the agent does not answer",
      { hangs: /socat/ },
      /^web: left as it is: .*Consul in test--agent--a gave GET \/v1\/agent\/services no answer for 5 s\n$/,
    ],
    [
      "the agent is restarting",
      { restarting: Number.POSITIVE_INFINITY },
      /^web: left as it is: .*it is restarting\n$/,
    ],
    [
      "the engine does not answer",
      { hangs: /^ps/ },
      /^web: left as it is: the engine at tcp:\/\/a:1 gave "docker ps" no answer for 5 s\n$/,
    ],
    ["the engine refuses", { refuses: true }, /^web: left as it is: no daemon here\n$/],
  ])("%s: it ends soon, and touches nothing", async (_, state, words) => {
    const fleet = Object.assign(new Fleet("w1"), state);
    fleet.roles.server = ["new-1", "w1"];
    const start = performance.now();
    const { code, said } = await withdraw(fleet);
    expect(code).toBe(0);
    expect(said).toMatch(words);
    expect(fleet.log).toStrictEqual([]);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  test.concurrent("the engine stops answering in the midst of it: it ends soon", async () => {
    const fleet = Object.assign(new Fleet("w1"), { services: here, hangs: /^stop/ });
    fleet.roles.server = ["lost-1", "w1"];
    const { code, said } = await withdraw(fleet);
    expect(code).toBe(0);
    // What comes before it, and is slow on a busy machine, has its part of the 20 s.
    expect(said).toMatch(/the engine at tcp:\/\/a:1 gave "docker stop" no answer for (1[5-9]|20) s/);
  });
});
