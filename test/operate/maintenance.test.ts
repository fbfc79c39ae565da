import { changeKey } from "../../lib/consul-keys.ts";
import type { ConsulRequest, DockerAnswer } from "../support/fake-docker.ts";
import { type FakeHosts, runProgram } from "../support/fake-docker.ts";
import { poolResources, stackExport } from "../support/stack-export.ts";

const outputs = {
  hosts: {
    a: { docker: "tcp://a:1", agent: "test--agent--a" },
    b: { docker: "tcp://b:1", agent: "test--agent--b" },
  },
  operatorToken: "operator",
  consulToken: "management",
};

const pools = ["web", "api"].flatMap((service) => poolResources(service, "a", "nginx:1.29"));

function maintenance(hosts: FakeHosts, ...args: string[]) {
  return runProgram(hosts, "operate/maintenance.ts", args);
}

interface Special {
  docker?: (endpoint: string, words: string) => DockerAnswer | undefined;
  pulumi?: DockerAnswer;
}

/** Two hosts with a balancer each, and a Consul that keeps what it is told. */
function fleet(answers: Special = {}) {
  const values = new Map<string, string>();
  const requests: ConsulRequest[] = [];
  const awaited: string[] = [];
  return {
    values,
    requests,
    awaited,
    docker(endpoint: string, args: readonly string[]): DockerAnswer {
      const words = args.join(" ");
      const special = answers.docker?.(endpoint, words);
      if (special) return special;
      if (args[0] === "ps") return { out: `test-balancer-${endpoint.slice(6, 7)}\n` };
      if (args.includes("await-servers")) awaited.push(`${endpoint} ${words}`);
      return { out: "" };
    },
    pulumi: () => answers.pulumi ?? { out: stackExport(outputs, pools) },
    consul(request: ConsulRequest) {
      requests.push(request);
      const key = request.path.replace("/v1/kv/", "");
      if (key === changeKey) return { json: true };
      if (request.method === "PUT") values.set(key, request.body);
      if (request.method === "DELETE") values.delete(key);
      const value = values.get(key);
      if (request.method !== "GET") return { json: true };
      return value === undefined ? { status: 404 } : { json: [{ Value: btoa(value) }] };
    },
  };
}

const web = "flotilla/maintenance/web";
const api = "flotilla/maintenance/api";

test.concurrent.each([
  ["one service", ["on", "--service", "web"], { [web]: "120" }],
  ["one service, for longer", ["on", "--service", "web", "--retry-after", "3600"], { [web]: "3600" }],
  ["all services", ["on", "--retry-after", "5"], { [api]: "5", [web]: "5" }],
])("on for %s: Consul is told, and every balancer followed", async (_, args, told) => {
  const hosts = fleet();
  const { code, said } = await maintenance(hosts, ...args);
  expect({ code, said }).toStrictEqual({
    code: 0,
    said: expect.stringMatching(/in maintenance, every balancer has switched \(\d+\.\d s\)\n$/),
  });
  expect(Object.fromEntries(hosts.values)).toStrictEqual(told);
  const services = Object.keys(told).map((key) => key.split("/")[2]);
  expect(hosts.awaited.sort()).toStrictEqual(
    ["a", "b"].flatMap((host) =>
      services.map(
        (service) =>
          `tcp://${host}:1 exec test-balancer-${host} await-servers 30 up maintenance.${service} BACKEND`,
      ),
    ),
  );
  expect(hosts.requests[0]).toMatchObject({ container: "test--agent--a", token: "operator" });
  expect(hosts.requests[0]?.path).toBe(`/v1/kv/${changeKey}`);
});

test.concurrent("a stack that an earlier version has brought up has but the token for everything", async () => {
  const { operatorToken: _, ...earlier } = outputs;
  const hosts = fleet({ pulumi: { out: stackExport(earlier, pools) } });
  expect(await maintenance(hosts, "on")).toMatchObject({ code: 0 });
  expect(new Set(hosts.requests.map(({ token }) => token))).toStrictEqual(new Set(["management"]));
});

test.concurrent("off for one service leaves the other", async () => {
  const hosts = fleet();
  hosts.values.set(web, "120").set(api, "120");
  const args = ["off", "--service", "web"];
  const { code, said } = await maintenance(hosts, ...args);
  expect({ code, said }).toStrictEqual({ code: 0, said: expect.stringMatching(/^web: served again, every/) });
  expect([...hosts.values.keys()]).toStrictEqual([api]);
  expect(hosts.awaited[0]).toContain("await-servers 30 gone maintenance.web BACKEND");
});

test.concurrent("status tells of each service", async () => {
  const hosts = fleet();
  hosts.values.set(web, "300");
  expect(await maintenance(hosts, "status")).toStrictEqual({
    code: 0,
    printed: "api: served\nweb: in maintenance, Retry-After 300 s\n",
    said: "",
  });
});

describe("two data centres", () => {
  const [a, b] = [outputs.hosts.a, outputs.hosts.b];
  const hosts = { a: { ...a, datacenter: "dc1" }, b: { ...b, datacenter: "dc2" } };
  const pulumi = { out: stackExport({ ...outputs, hosts }, pools) };

  test.concurrent("both are told", async () => {
    const each = fleet({ pulumi });
    expect(await maintenance(each, "on", "--service", "web")).toMatchObject({ code: 0 });
    const told = each.requests
      .filter(({ path }) => path === `/v1/kv/${web}`)
      .map(({ container }) => container);
    expect(told.sort()).toStrictEqual(["test--agent--a", "test--agent--b"]);
  });

  test.concurrent("status tells of each", async () => {
    const each = fleet({ pulumi });
    const consul = (request: ConsulRequest) =>
      request.container.endsWith("b") && request.path.endsWith("web")
        ? { json: [{ Value: btoa("9") }] }
        : each.consul(request);
    expect(await maintenance({ ...each, consul }, "status")).toMatchObject({
      code: 0,
      printed:
        "api in dc1: served\napi in dc2: served\nweb in dc1: served\nweb in dc2: in maintenance, Retry-After 9 s\n",
    });
  });

  test.concurrent("one that is not reached is told of", async () => {
    const docker = (endpoint: string) =>
      endpoint === "tcp://b:1" ? { code: 1, err: "no route" } : undefined;
    const consul = (request: ConsulRequest) =>
      request.container.endsWith("b") ? ({ status: 500, text: "no leader" } as const) : each.consul(request);
    const each = fleet({ pulumi, docker });
    const { code, said } = await maintenance({ ...each, consul }, "on");
    expect(code).toBe(1);
    expect(said).toMatch(/Consul of the stack \S+ is not to be reached.*host b/);
  });
});

test.concurrent("a balancer that does not follow is named", async () => {
  const hosts = fleet({
    docker: (endpoint, words) =>
      endpoint === "tcp://b:1" && words.includes("await-servers")
        ? { code: 1, out: "BACKEND absent\n" }
        : undefined,
  });
  const { code, said } = await maintenance(hosts, "on");
  expect(code).toBe(1);
  expect(said).toContain("  test-balancer-b: BACKEND absent\n");
  expect(said).not.toContain("test-balancer-a");
});

const withWorker = stackExport(outputs, [
  ...pools,
  ...poolResources("mail", "a", "mailer", 1, { isWorker: true }),
]);

test.concurrent("workers have nothing to close, and are passed over", async () => {
  const hosts = fleet({ pulumi: { out: withWorker } });
  expect(await maintenance(hosts, "on")).toMatchObject({ code: 0 });
  expect([...hosts.values.keys()].sort()).toStrictEqual([api, web]);
  expect((await maintenance(hosts, "status")).printed).not.toContain("mail");
});

const onlyWorker = stackExport(outputs, poolResources("mail", "a", "mailer", 1, { isWorker: true }));

const away: DockerAnswer = { code: 1, err: "Cannot connect to the Docker daemon at tcp://a:1." };

test.concurrent("where one host is away, the other's agent and balancers are told, and it is named", async () => {
  const hosts = fleet({ docker: (endpoint) => (endpoint === "tcp://a:1" ? away : undefined) });
  const { code, said } = await maintenance(hosts, "on", "--service", "web");
  expect(code).toBe(1);
  expect(said).toContain("  the balancers of host a: Cannot connect to the Docker daemon at tcp://a:1.\n");
  expect(Object.fromEntries(hosts.values)).toStrictEqual({ [web]: "120" });
  expect(hosts.awaited).toHaveLength(1);
});

test.concurrent("where no engine is there, that is what is said", async () => {
  const hosts = fleet({ docker: () => away });
  const { code, said } = await maintenance(hosts, "status");
  expect(code).toBe(1);
  expect(said).toMatch(
    /^maintenance stopped: Consul of the stack dev is not to be reached after 5 s: host a \(tcp:\/\/a:1\): /,
  );
});

test.concurrent.each<[string[], DockerAnswer | undefined, RegExp]>([
  [
    ["on", "--service", "wbe"],
    undefined,
    /^maintenance stopped: --service: must be a service of the stack dev \(api, web\), not "wbe"/,
  ],
  [
    ["on", "--service", "mail"],
    { out: withWorker },
    /^maintenance stopped: --service: mail is a worker: it answers no requests, .*services\.mail\.replicas 0 && pulumi up\n$/,
  ],
  [
    ["on"],
    { out: onlyWorker },
    /^maintenance stopped: No service of the stack dev answers requests, and so none can be closed\.\n$/,
  ],
  [["pause"], undefined, /'pause' is invalid.*Allowed choices are on, off, status/],
  [
    ["on", "--retry-after", "soon"],
    undefined,
    /'soon' is invalid\. It must be whole seconds from 1 to 604800/,
  ],
  [["on", "--retry-after", "0"], undefined, /whole seconds from 1/],
  [
    ["status", "--stack", "shop"],
    { code: 255, err: "error: no such stack" },
    /shop can't be read: error: no such/,
  ],
  [["off"], { out: stackExport({}, []) }, /The stack dev is not up/],
])("%j is refused, and nothing is touched", async (args, pulumi, message) => {
  const hosts = fleet({ pulumi });
  const { code, said } = await maintenance(hosts, ...args);
  expect({ code, said }).toStrictEqual({ code: 1, said: expect.stringMatching(message) });
  expect(hosts.requests).toStrictEqual([]);
});
