import { connect } from "node:net";
import type { Consul } from "../../harness/consul.ts";
import { type Container, docker, ids, logs, names, shortIds } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import type { Outputs } from "../../harness/pulumi.ts";
import { within } from "../../harness/wait.ts";

describe("up from nothing", () => {
  const fleet = Fleet.first();
  let outputs: Outputs;
  let consul: Consul;

  beforeAll(async () => {
    await fleet.toStart();
    outputs = await fleet.outputs();
    consul = await fleet.consul();
  });

  test("every container of the picture runs", async () => {
    const running = (await fleet.containers()).filter(({ State }) => State.Running);
    const roles = running.map(({ Config }) => Config.Labels["flotilla.role"]).sort();
    expect(roles).toEqual([
      "agent",
      ...Array(2).fill("balancer"),
      ...Array(3).fill("consul"),
      "front",
      "keeper",
      ...Array(4).fill("server"),
      "warden",
    ]);
  });

  test("the outputs tell where everything is", async () => {
    const { url, loadBalancers, consul, services } = outputs;
    expect({ url, loadBalancers, consul, services }).toEqual({
      url: fleet.url,
      loadBalancers: [1, 2].map((i) => ({
        name: `${fleet.name}--balancer--local--${i}`,
        url: fleet.balancerUrl(i),
        statsUrl: fleet.statsUrl(i),
      })),
      consul: [1, 2, 3].map((i) => ({
        name: `${fleet.name}--consul--${i}`,
        url: `${fleet.consulUrl(i)}/ui/`,
      })),
      services: { web: { replicas: 4, instances: names(await fleet.servers()) } },
    });
  });

  test("the shared port spreads requests over all servers", async () => {
    const answers = await whoAnswers(fleet.url, 80);
    expect(Object.keys(answers).sort()).toEqual(shortIds(await fleet.servers()));
    for (const count of Object.values(answers)) expect(count).toBeGreaterThanOrEqual(10);
  });

  test.each([1, 2])("balancer %i alone spreads requests over all servers", async (balancer) => {
    const answers = await whoAnswers(fleet.balancerUrl(balancer), 40);
    expect(Object.keys(answers).sort()).toEqual(shortIds(await fleet.servers()));
    for (const count of Object.values(answers)) expect(count).toBeGreaterThanOrEqual(5);
  });

  test("both balancers take requests from the shared port", async () => {
    const before = [await fleet.requestsTakenBy(1), await fleet.requestsTakenBy(2)];
    await whoAnswers(fleet.url, 60);
    const after = [await fleet.requestsTakenBy(1), await fleet.requestsTakenBy(2)];
    const taken = after.map((count, i) => count - (before[i] ?? 0));
    for (const count of taken) expect(count).toBeGreaterThan(0);
    expect(taken.reduce((a, b) => a + b)).toBe(60);
  });

  test.each([1, 2])("the statistics of balancer %i are for those who know the password", async (balancer) => {
    const page = await fleet.statistics(balancer);
    expect(page.status).toBe(200);
    expect(page.body).toContain("Statistics Report");
    expect((await get(fleet.statsUrl(balancer))).status).toBe(401);
    expect((await get(fleet.statsUrl(balancer), { auth: "admin:guess" })).status).toBe(401);
    expect((await fleet.statistics(balancer, "", "operator")).status).toBe(401);
  });

  test.each([1, 2, 3])("Consul server %i shows its UI", async (server) => {
    const { status, body } = await get(`${fleet.consulUrl(server)}/ui/`);
    expect(status).toBe(200);
    expect(body).toMatch(/<title>Consul/);
  });

  test("only the balancers' ports are open to other machines", async () => {
    const published = await Promise.all(names(await fleet.containers()).map((name) => docker("port", name)));
    const open = published
      .join("")
      .split("\n")
      .filter((line) => / 0\.0\.0\.0:| \[?::\]?:/.test(line));
    const ports = new Set(open.map((line) => Number(line.split(":").at(-1))));
    expect([...ports].sort()).toEqual([18080, 18181, 18282, 18383, 18484]);
  });

  test("Consul has a leader, three servers that vote and the host's agent", async () => {
    const servers = [1, 2, 3].map((i) => `${fleet.name}--consul--${i}`);
    // In its own network.
    expect(await consul.leader()).toMatch(/^198\.1[89]\.\d+\.\d+:8300$/);
    expect(await consul.voters()).toEqual(servers);
    expect(await consul.alive()).toEqual([`${fleet.name}--agent--local`, ...servers]);
  });

  test("Consul's gossip is encrypted with one key, which all members have", async () => {
    const [ring] = await consul.get<{ Keys: Record<string, number> }[]>("/v1/operator/keyring");
    expect(Object.values(ring?.Keys ?? {})).toEqual([4]);
  });

  test("Consul knows every server and finds it well", async () => {
    expect(await consul.passing("web")).toEqual(names(await fleet.servers()));
  });

  test("Consul tells anybody without a token nothing", async () => {
    const anybody = fleet.consulWith();
    for (const path of [
      "/v1/catalog/services",
      "/v1/catalog/nodes",
      "/v1/health/service/web",
      "/v1/agent/members",
      "/v1/agent/self",
      "/v1/kv/flotilla/routes",
      "/v1/acl/tokens",
      "/v1/operator/keyring",
    ]) {
      // What is not refused is empty; with the token it is neither.
      const { status, body } = await anybody.ask("GET", path);
      if (status !== 403)
        expect({ path, status, body }).toEqual({
          path,
          status: 200,
          body: expect.stringMatching(/^(\[\]|\{\})$/),
        });
      expect((await consul.ask("GET", path)).body.length).toBeGreaterThan(10);
    }
    expect((await anybody.ask("PUT", "/v1/kv/mine", "1")).status).toBe(403);
  });

  describe("a token of Consul's does what its role does, and no more:", () => {
    type Request = readonly [method: "GET" | "PUT" | "DELETE", path: string, body?: string];
    let tokens: Record<string, string>;
    const key = (name: string) => `/v1/kv/flotilla/${name}`;
    const version = key("versions/web/local");
    const node = (name: string, Address = "10.213.0.99") => JSON.stringify({ Node: name, Address });
    const agentNode = () => `${fleet.name}--agent--local`;
    const statusOf = async (role: string, request: Request) =>
      (await fleet.consulWith(tokens[role]).ask(...request)).status;

    beforeAll(async () => {
      const [balancer] = await fleet.containers("balancer");
      const agentFile = await docker("exec", agentNode(), "cat", "/consul/config/agent.hcl");
      const ofBalancer = ["exec", String(balancer?.Id), "cat", "/etc/flotilla/consul-template.hcl"];
      const { deployment } = JSON.parse(await fleet.stack.read("export", "--show-secrets"));
      const routes = deployment.resources.find(({ urn }: { urn: string }) =>
        urn.endsWith(":Command::routes"),
      );
      tokens = {
        agent: /^ *agent *= "(.*)"/m.exec(agentFile)?.[1] ?? "",
        balancer: /^ *token *= "(.*)"/m.exec(await docker(...ofBalancer))?.[1] ?? "",
        registration: JSON.parse(JSON.parse(routes.inputs.stdin.plaintext)).token,
        operator: outputs.operatorToken,
      };
      expect(new Set(Object.values(tokens)).size).toBe(4);
    });

    const whatMay: Record<string, readonly Request[]> = {
      agent: [],
      balancer: [
        ["GET", key("routes")],
        ["GET", key("id")],
        ["GET", key("pools?recurse")],
        ["GET", "/v1/health/service/web"],
      ],
      registration: [["GET", version]],
      operator: [
        ["GET", version],
        ["PUT", key("changes/last"), "1"],
        ["PUT", key("maintenance/nobody"), "1"],
        ["DELETE", key("maintenance/nobody")],
      ],
    };
    const whatMayNot: Record<string, readonly Request[]> = {
      agent: ["routes", "pools/web/local", "id"].map((name) => ["GET", key(name)]),
      balancer: [["GET", version]],
      registration: [],
      operator: [["GET", key("routes")]],
    };
    const service = JSON.stringify({ Name: "web", Address: "10.213.0.99", Port: 1 });
    const onlyRegistration: readonly Request[] = [
      ["PUT", "/v1/agent/service/register", service],
      ["PUT", key("routes"), "{}"],
      ["PUT", key("pools/web/local"), "0"],
      ["PUT", version, "[]"],
    ];
    const nobody: readonly Request[] = [
      ["PUT", "/v1/catalog/register", node("another")],
      ["PUT", key("id"), '"1"'],
      ["PUT", "/v1/kv/theirs", "1"],
      ["GET", "/v1/acl/tokens"],
      ["GET", "/v1/acl/policies"],
      ["GET", "/v1/operator/keyring"],
    ];

    test.each(Object.keys(whatMay))("that of %s", async (role) => {
      for (const request of whatMay[role] ?? [])
        expect([request, await statusOf(role, request)]).toEqual([request, 200]);
      const others = role === "registration" ? nobody : [...onlyRegistration, ...nobody];
      for (const request of [...(whatMayNot[role] ?? []), ...others])
        expect([request, await statusOf(role, request)]).toEqual([request, 403]);
    });

    test("that of a host's agent writes the host's own node, and none else", async () => {
      const path = `/v1/catalog/node/${agentNode()}`;
      const { Node } = await consul.get<{ Node: { Address: string } }>(path);
      const register = (body: string): Request => ["PUT", "/v1/catalog/register", body];
      expect(await statusOf("agent", register(node(agentNode(), Node.Address)))).toBe(200);
      for (const name of [`${fleet.name}--consul--1`, `${agentNode()}-2`])
        expect([name, await statusOf("agent", register(node(name)))]).toEqual([name, 403]);
    });

    test("and the agent has been refused nothing that it needs", async () => {
      const lines = (await logs(await fleet.the("agent"))).split("\n");
      expect(lines.filter((line) => /blocked by ACLs|Permission denied/.test(line))).toEqual([]);
    });
  });

  test("a second up changes nothing, nor is there anything to preview, nor after a refresh", async () => {
    const before = ids(await fleet.containers());
    await fleet.stack.run("preview", "--expect-no-changes");
    await fleet.up();
    await fleet.stack.run("refresh");
    await fleet.stack.run("preview", "--expect-no-changes");
    expect(ids(await fleet.containers())).toEqual(before);
  });

  test("balancers write to their log volume, the servers of a service to its own", async () => {
    await whoAnswers(fleet.url, 8);
    // What no HTTP client would send, so that the balancer has something to tell.
    for (const balancer of [1, 2]) await sendGarbage(fleet.balancerUrl(balancer));
    const [balancer] = await fleet.containers("balancer");
    const [server] = await fleet.servers();
    const inside = (container: Container | undefined, script: string) =>
      docker("exec", String(container?.Id), "sh", "-c", `cd /var/log/flotilla && ${script}`);
    const files = async (container: Container | undefined) =>
      (await inside(container, "ls")).split("\n").filter(Boolean).sort();
    await within(5, "the logs are written", async () => {
      expect(await files(balancer)).toEqual(["balancer-local-1.log", "balancer-local-2.log"]);
      expect(await inside(balancer, "cat balancer-local-2.log")).toContain("<BADREQ>");
      const expected = shortIds(await fleet.servers()).map((id) => `${id}.log`);
      expect(await files(server)).toEqual(expected.sort());
      expect(await inside(server, "cat *")).toContain("GET / HTTP/1.1");
    });
  });
});

function sendGarbage(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end("garbage\r\n\r\n"));
    socket
      .resume()
      .on("error", reject)
      .on("close", () => resolve());
  });
}
