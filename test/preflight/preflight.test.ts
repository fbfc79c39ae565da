import { once } from "node:events";
import net from "node:net";
import { contentHash } from "../../lib/images/content-hash.ts";
import { publishedPorts } from "../../preflight/engine.ts";
import { preflight } from "../../preflight/preflight.ts";
import type { Outcome } from "../../runtime/program.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** What `docker ps` or `docker image ls` of an endpoint prints, or fails with. */
type Engine = (
  endpoint: string,
  args: string[],
) => Pick<Outcome, "stdout"> | Pick<Outcome, "stderr" | "failure">;
let mockEngine: Engine;

jest.mock("../../runtime/program.ts", () => ({
  attempt: async (_: string, [, endpoint = "", ...args]: string[]) => {
    // What a host has, and its networks, have tests of their own.
    const elsewhere: Record<string, { stdout: string }> = {
      info: { stdout: "64 1000000000000" },
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

/** What preflight complains of where the engines are like that. */
async function complaints(config: Record<string, unknown>, engine: Engine): Promise<string[]> {
  mockEngine = engine;
  try {
    await preflight(settingsFrom(config), async () => false);
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
  expect(await preflight(settingsFrom(hosts), async () => false)).toStrictEqual({ stopped: [], isFresh });
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
