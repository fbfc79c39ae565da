import { once } from "node:events";
import net from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../lib/images/content-hash.ts";
import { publishedPorts } from "../../preflight/engine.ts";
import { preflight, withoutHosts } from "../../preflight/preflight.ts";
import type { StackState } from "../../preflight/state.ts";
import type { Outcome } from "../../runtime/program.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** What `docker ps` or `docker image ls` of an endpoint prints, or fails with. */
type Engine = (
  endpoint: string,
  args: string[],
) => Pick<Outcome, "stdout"> | Pick<Outcome, "stderr" | "failure">;
let mockEngine: Engine;
/** What `docker info` tells of a machine that nothing is amiss with. */
const mockInfo = () =>
  ["64", "1000000000000", "linux", "x86_64", "29.0.1", new Date().toISOString()].join("\t");

jest.mock("../../runtime/program.ts", () => ({
  attempt: async (_: string, [, endpoint = "", ...args]: string[]) => {
    // What a host has, and its networks, have tests of their own.
    const elsewhere: Record<string, { stdout: string }> = {
      info: { stdout: mockInfo() },
      network: { stdout: "" },
    };
    const answer = elsewhere[args[0] ?? ""] ?? mockEngine(endpoint, args);
    return { code: "stdout" in answer ? 0 : 1, stdout: "", stderr: "", output: "", ...answer };
  },
}));

test.each([
  ["", []],
  ["8000/tcp", []],
  ["127.0.0.1:8500->8500/tcp", [8500]],
  ["0.0.0.0:8080->8080/tcp, 127.0.0.1:9001-9003->9001-9003/tcp", [8080, 9001, 9002, 9003]],
  ["0.0.0.0:8080->8080/tcp, [::]:8080->40848/tcp", [8080]],
])("published in %j: %j", (text, ports) => {
  expect(publishedPorts(text)).toStrictEqual(ports);
});

/** A state that knows these hosts, and what was asked of it. */
function stateWith(known: Awaited<ReturnType<StackState["hosts"]>> = {}, asked: string[] = []): StackState {
  const answer = async <T>(what: string, value: T) => {
    asked.push(what);
    return value;
  };
  return {
    hosts: () => answer("hosts", known),
    knowsNetwork: () => answer("network", false),
    urns: () => answer("urns", ["a urn"]),
  };
}

/** What preflight complains of where the engines are like that. */
async function complaints(config: Record<string, unknown>, engine: Engine): Promise<string[]> {
  mockEngine = engine;
  try {
    await preflight(settingsFrom(config), stateWith());
    return [];
  } catch (error) {
    const [head, ...faults] = (error as Error).message.split("\n  ");
    expect(head).toBe("The Docker hosts are not ready:");
    return faults;
  }
}

const hosts = { hosts: { a: { docker: "tcp://a:2376" } } };
const running = (...lines: [name: string, stack: string, ports: string][]) => ({
  stdout: lines.map((line) => `${line.join("\t")}\n`).join(""),
});

test("an engine that answers, with ports that are free or this stack's own", async () => {
  const containers = running(["other", "", "8000/tcp"], ["test--front--a", "test", "0.0.0.0:8080->8080/tcp"]);
  expect(await complaints(hosts, () => containers)).toStrictEqual([]);
});

test.each([
  ["nothing runs", [], true],
  ["only another stack runs", ["other--web--a--1", "other", ""], true],
  ["something of it runs", ["test--warden--a", "test", ""], false],
] as const)("whether the stack is a fresh one: %s", async (_, container, isFresh) => {
  mockEngine = () => running(...(container.length > 0 ? [container as [string, string, string]] : []));
  expect(await preflight(settingsFrom(hosts), stateWith())).toStrictEqual({
    stopped: [],
    fresh: isFresh ? ["dc1"] : [],
    volumes: {},
    absent: [],
  });
});

test("every port that someone else's container has", async () => {
  const containers = running(
    ["web", "", "0.0.0.0:8080->80/tcp"],
    ["dev--consul--1", "dev", "127.0.0.1:8500->8500/tcp"],
  );
  expect(await complaints(hosts, () => containers)).toStrictEqual([
    "host a: port 8500, wanted for Consul server 1 (flotilla:consul.port), is taken by container dev--consul--1. Stop that, or change flotilla:consul.port.",
    "host a: port 8080, wanted for the balancers together (flotilla:loadBalancers.port), is taken by container web. Stop that, or change flotilla:loadBalancers.port.",
  ]);
});

test("every engine that does not answer, with the reason and the remedy", async () => {
  const config = {
    hosts: {
      a: { docker: "tcp://a:2376", address: "10.0.0.1" },
      b: { docker: "tcp://b:2376", address: "10.0.0.2" },
    },
  };
  const refusal = { stderr: "a warning\nCannot connect to the Docker daemon\n" };
  const faults = await complaints(config, (endpoint) => (endpoint === "tcp://b:2376" ? refusal : running()));
  expect(faults).toStrictEqual([
    'host b: no Docker engine answers at tcp://b:2376 (Cannot connect to the Docker daemon). Start it, or correct flotilla:hosts.b.docker; on this machine "npm run setup" starts one.',
  ]);
});

test.each<[Partial<Outcome>, string]>([
  [{ failure: "not found" }, "the docker command line client is not installed"],
  [{ failure: "out of time" }, 'the engine at tcp://a:2376 gave "docker ps" no answer for 0 s'],
  [{}, "docker ps ended with exit code 1"],
])("an engine that is not reached: %j", async (outcome, reason) => {
  expect(await complaints(hosts, () => ({ stderr: "", ...outcome }))).toStrictEqual([
    `host a: no Docker engine answers at tcp://a:2376 (${reason}). Start it, or correct flotilla:hosts.a.docker; on this machine "npm run setup" starts one.`,
  ]);
});

test("a port that another program has, where the engine is on this machine", async () => {
  const server = net.createServer().listen(0, "0.0.0.0");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const loadBalancers = { count: 1, max: 1, port };
  const fault = `host local: port ${port}, wanted for the balancers together (flotilla:loadBalancers.port), is taken by another program. Stop that, or change flotilla:loadBalancers.port.`;
  try {
    expect(await complaints({ loadBalancers }, () => running())).toContain(fault);
    expect(await complaints({ ...hosts, loadBalancers }, () => running())).toStrictEqual([]);
  } finally {
    server.close();
  }
});

test("whether a port is free is asked only where one engine is on this machine, whose network that is then", async () => {
  const server = net.createServer().listen(0, "0.0.0.0");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const loadBalancers = { count: 1, max: 1, port };
  const [here, there] = [{ docker: "unix:///a.sock", address: "10.0.0.1" }, { address: "10.0.0.2" }];
  const on = (b: object) => complaints({ loadBalancers, hosts: { a: here, b } }, () => running());
  try {
    expect(await on({ ...there, docker: "tcp://b:2376" })).toStrictEqual([
      expect.stringContaining(`port ${port}, `),
    ]);
    expect(await on({ ...there, docker: "unix:///b.sock" })).toStrictEqual([]);
  } finally {
    server.close();
  }
});

describe("of several hosts", () => {
  const three = ["a", "b", "c"].map(
    (key, i) => [key, { docker: `tcp://${key}:2376`, address: `10.0.0.${i + 1}` }] as const,
  );
  const services = { web: { image: "web", port: 80, default: true } };
  const settingsOf = (states: Record<string, string>) =>
    settingsFrom({
      services,
      hosts: Object.fromEntries(
        three.map(([key, host]) => [key, { ...host, ...(states[key] && { state: states[key] }) }]),
      ),
    });
  const output = { networks: [], consulServers: [1] };

  /** What comes of it where these engines are silent and these hosts known; and which were asked. */
  async function look(states: Record<string, string>, silent: string[], known: string[]) {
    const asked = new Set<string>();
    const ofState: string[] = [];
    mockEngine = (endpoint, [command]) => {
      asked.add(endpoint.slice("tcp://".length, -":2376".length));
      if (silent.some((key) => endpoint === `tcp://${key}:2376`)) return { stderr: "no route" };
      // Of Consul's leader.
      return command === "exec" ? { stdout: '"10.0.0.1:8302"' } : running();
    };
    const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
    const state = stateWith(Object.fromEntries(known.map((key) => [key, output])), ofState);
    const done = await preflight(settingsOf(states), state).catch((error: Error) =>
      error.message.split("\n  ").slice(1),
    );
    const warned = warn.mock.calls.map(([text]) => text);
    warn.mockRestore();
    return { done, warned, asked: [...asked].sort().join(" "), ofState };
  }

  test("one that goes to another data centre by itself is told to stay", async () => {
    const hosts = Object.fromEntries(
      three.map(([key, host]) => [key, { ...host, datacenter: key === "a" ? "dc1" : "dc2" }]),
    );
    const settings = settingsFrom({ services, hosts, consul: { servers: 1 } });
    mockEngine = () => running();
    const found = (known: Record<string, string>) => {
      const outputs = Object.entries(known).map(([key, datacenter]) => [key, { ...output, datacenter }]);
      return preflight(settings, stateWith(Object.fromEntries(outputs)));
    };
    await expect(found({ a: "dc1", b: "dc1", c: "dc2" })).rejects.toThrow(
      "host b: it is in data centre dc1, and can't go to dc2 with all that it has. Set flotilla:hosts.b.datacenter back to " +
        "dc1; or take the host out of the config, run `pulumi up`, and add it again.",
    );
    expect(await found({ a: "old", c: "dc2" })).toMatchObject({ fresh: ["dc1", "dc2"] });
  });

  test("a data centre is a fresh one where nothing of the stack runs", async () => {
    const hosts = Object.fromEntries(three.map(([key, host]) => [key, { ...host, datacenter: `dc-${key}` }]));
    mockEngine = (endpoint) =>
      endpoint.includes("b") ? running(["test--warden--b", "test", ""]) : running();
    const settings = settingsFrom({ services, hosts, consul: { servers: 1 } });
    expect(await preflight(settings, stateWith({}))).toMatchObject({ fresh: ["dc-a", "dc-c"] });
  });

  const warning = (key: string) =>
    `host ${key}: no Docker engine answers at tcp://${key}:2376 (no route). Nothing that is there is looked at or changed, now or in the stack's state; ` +
    "the other hosts go on without it. Once it answers, the next `pulumi up` brings it up to date. If it is gone for good, take " +
    `flotilla:hosts.${key} out of the config after this.`;
  const fault = (key: string) =>
    `host ${key}: no Docker engine answers at tcp://${key}:2376 (no route). Start it, or correct flotilla:hosts.${key}.docker; on this machine "npm run setup" starts one.`;

  test.each<[string, Record<string, string>, string, string, string, string[]]>([
    ["all answer", {}, "", "a b c", "", []],
    ["one is silent", {}, "b", "a b c", "b", [warning("b")]],
    ["two are silent", {}, "a b", "a b c", "a b", [warning("a"), warning("b")]],
    ["one is away", { b: "away" }, "", "a b c", "b", []],
    ["one is away, and would be silent", { b: "away" }, "b", "a b c", "b", []],
    ["one is away that was never reached", { b: "away" }, "", "a c", "b", []],
    ["one is away, and another silent", { b: "away" }, "c", "a b c", "b c", [warning("c")]],
    ["one is drained", { b: "drained" }, "", "a b c", "", []],
    ["one is drained and silent", { b: "drained" }, "b", "a b c", "b", [warning("b")]],
  ])("%s", async (_, states, silent, known, absent, warned) => {
    const keys = absent.split(" ").filter(Boolean);
    const seen = await look(states, silent.split(" "), known.split(" "));
    const { hosts } = settingsOf(states);
    expect(seen.done).toStrictEqual({
      stopped: [],
      // What is not seen may run.
      fresh: keys.length === 0 ? ["dc1"] : [],
      volumes: {},
      absent: keys.map((key) => ({
        host: hosts.find((host) => host.key === key),
        output: known.split(" ").includes(key) ? output : undefined,
        urns: ["a urn"],
      })),
    });
    expect(seen.warned).toStrictEqual(warned);
    // One that is away is not asked at all, and the whole state only where something is amiss.
    expect(seen.asked).toBe(["a", "b", "c"].filter((key) => states[key] !== "away").join(" "));
    expect(new Set(seen.ofState)).toStrictEqual(new Set(keys.length > 0 ? ["hosts", "urns"] : ["hosts"]));
  });

  test.each<[string, Record<string, string>, string, string, string[]]>([
    ["all are silent", {}, "a b c", "a b c", [fault("a"), fault("b"), fault("c")]],
    ["one is silent that was never reached", {}, "b", "a c", [fault("b")]],
    ["one is silent that was never reached, and another one", {}, "b c", "a c", [fault("b")]],
    ["one is away, and all others silent", { a: "away" }, "b c", "a b c", [fault("b"), fault("c")]],
  ])("none goes on where %s", async (_, states, silent, known, faults) => {
    expect((await look(states, silent.split(" "), known.split(" "))).done).toStrictEqual(faults);
  });

  test("settings without some are those of the others, and the services' hosts, too", () => {
    const settings = settingsOf({});
    const absent = settings.hosts.slice(0, 1).map((host) => ({ host, output: undefined, urns: [] }));
    const rest = withoutHosts(settings, absent);
    expect(rest.hosts).toStrictEqual(settings.hosts.slice(1));
    expect(rest.services.map(({ hosts }) => hosts)).toStrictEqual([["b", "c"]]);
    expect({ ...rest, hosts: settings.hosts, services: settings.services }).toStrictEqual(settings);
    expect(withoutHosts(settings, [])).toBe(settings);
  });
});

describe("a version that was built before", () => {
  const web = { build: "examples/simple-server", version: "0123456789ab", port: 80, default: true };
  const config = { ...hosts, services: { web, api: { image: "api", port: 81, publish: 81 } } };
  const engineWith = (...tags: string[]): Engine => {
    return (_, [verb, , , , repository]) => {
      if (verb === "ps") return running();
      expect(repository).toBe("flotilla/test--web");
      return { stdout: tags.map((tag) => `${tag}\n`).join("") };
    };
  };

  test("that is there", async () => {
    expect(await complaints(config, engineWith("ba9876543210", "0123456789ab"))).toStrictEqual([]);
  });

  test.each([
    [["ba9876543210", "cccccccccccc"], "is none of those that are there: ba9876543210, cccccccccccc"],
    [[], "is not there"],
  ])("where there are %j", async (tags, what) => {
    expect(await complaints(config, engineWith(...tags))).toStrictEqual([
      `image flotilla/test--web:0123456789ab, wanted for service web (flotilla:services.web.version), ${what}. ` +
        "Set flotilla:services.web.version to one that is, check out the code that makes it, or build the folder as it " +
        "is now: pulumi config rm --path flotilla:services.web.version.",
    ]);
  });

  test("that another host has, from which it is brought", async () => {
    const two = {
      ...config,
      hosts: {
        a: { ...hosts.hosts.a, address: "10.0.0.1" },
        b: { docker: "tcp://b:2376", address: "10.0.0.2" },
      },
    };
    const engine: Engine = (endpoint, args) =>
      engineWith(...(endpoint === "tcp://b:2376" ? ["0123456789ab"] : []))(endpoint, args);
    expect(await complaints(two, engine)).toStrictEqual([]);
  });

  test("that the folder makes again", async () => {
    const recipe = { context: "examples/simple-server", dockerfile: "Dockerfile", args: {} };
    const version = contentHash(recipe).slice(0, 12);
    const services = { web: { ...web, version } };
    expect(await complaints({ ...hosts, services }, engineWith())).toStrictEqual([]);
  });

  test("that a registry may have", async () => {
    const registry = { address: "registry.example.com" };
    expect(await complaints({ ...config, registry }, engineWith())).toStrictEqual([]);
  });
});
