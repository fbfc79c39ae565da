import type { ConsulSetupArgs } from "../../commands/consul-setup.ts";
import { type ConsulAnswer, type ConsulRequest, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: ConsulSetupArgs = {
  docker: "tcp://a:1",
  server: "test-consul-1",
  servers: 3,
  managementToken: "management",
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

/** A cluster that elects a leader, then gathers its servers, then knows its token: each a little later. */
class Cluster implements FakeHosts {
  readonly log: string[] = [];
  readonly policies = new Map<string, unknown>();
  readonly tokens = new Map<string, unknown>();
  leaders = ["", "172.30.0.2:8300"];
  peers = [["1"], ["1", "2", "3"]];
  refusals = 1;

  docker() {
    return {};
  }

  consul({ method, path, token, body }: ConsulRequest): ConsulAnswer {
    const [kind, key = ""] = path.split("/").slice(3);
    if (path === "/v1/status/leader") return { json: next(this.leaders) };
    if (path === "/v1/status/peers") return { json: next(this.peers) };
    if (token !== "management" || this.refusals-- > 0) return { status: 403, text: "ACL not found" };
    const name = path.split("/").at(-1) ?? "";
    if (method === "GET") {
      if (kind === "policies")
        return { json: [...this.policies.keys()].map((Name) => ({ ID: `id-${Name}`, Name })) };
      return this.tokens.has(name) ? { json: {} } : { status: 403, text: "ACL not found" };
    }
    this.log.push(`${method} ${path}`);
    const value = JSON.parse(body);
    if (kind === "policy") this.policies.set(value.Name, value);
    if (kind === "token") this.tokens.set(value.AccessorID, value);
    return { json: key !== "" };
  }
}

/** The first of the values, which then gives way to the next. */
function next<T>(values: T[]): T | undefined {
  return values.length > 1 ? values.shift() : values[0];
}

const policy = (name: string, Description: string, Rules: string) => ({ Name: name, Description, Rules });

test.concurrent("waits for leader, servers and token; then policies, tokens, and last the mark", async () => {
  const cluster = new Cluster();
  const { code, said } = await runCommand(cluster, "consul-setup", args);
  expect(said).toBe("consul: 3 servers, a leader, 2 policies\n");
  expect(code).toBe(0);
  expect(cluster.log).toStrictEqual([
    "PUT /v1/acl/policy",
    "PUT /v1/acl/token",
    "PUT /v1/acl/policy",
    "PUT /v1/acl/token",
    "PUT /v1/kv/flotilla/ready",
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

test.concurrent("servers that have found each other are not enough: they need a leader", async () => {
  const cluster = new Cluster();
  cluster.leaders = ["", "", "172.30.0.2:8300"];
  cluster.peers = [["1", "2", "3"]];
  await runCommand(cluster, "consul-setup", { ...args, policies: [] });
  expect(cluster.leaders).toStrictEqual(["172.30.0.2:8300"]);
  expect(cluster.log).toStrictEqual(["PUT /v1/kv/flotilla/ready"]);
});

test.concurrent("a second time it brings up to date what is there", async () => {
  const cluster = new Cluster();
  cluster.policies.set("flotilla-agent", {});
  cluster.tokens.set("id-a", {});
  await runCommand(cluster, "consul-setup", { ...args, policies: args.policies.slice(0, 1) });
  expect(cluster.log).toStrictEqual([
    "PUT /v1/acl/policy/id-flotilla-agent",
    "PUT /v1/acl/token/id-a",
    "PUT /v1/kv/flotilla/ready",
  ]);
  expect(cluster.policies.get("flotilla-agent")).toStrictEqual(policy("flotilla-agent", "agents", "a"));
});
