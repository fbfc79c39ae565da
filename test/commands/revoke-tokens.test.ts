import type { RevokeTokensArgs } from "../../commands/revoke-tokens.ts";
import { type ConsulAnswer, type ConsulRequest, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: RevokeTokensArgs = {
  docker: "tcp://a:1",
  server: "test--consul--1",
  managementToken: "management",
  policies: [
    { name: "flotilla-agent--a", description: "agent a", accessorId: "agent-a" },
    { name: "flotilla-balancer", description: "balancers", accessorId: "balancer-2" },
    { name: "flotilla-registration", description: "pulumi up", accessorId: "registration-2" },
  ],
};

/** A Consul whose tokens each carry policies. */
class Cluster implements FakeHosts {
  readonly log: string[] = [];
  /** Description and policies, by public name. */
  readonly tokens = new Map<string, [string, ...string[]]>();
  /** Tokens that instances of each service were registered with; what is seen first gives way to the next. */
  services: Record<string, string[]>[] = [{}];
  refusals = 0;

  docker() {
    return {};
  }

  consul({ container, method, path, token }: ConsulRequest): ConsulAnswer {
    if (container !== args.server || token !== args.managementToken) return { status: 403 };
    if (this.refusals-- > 0) return { status: 500, text: "No cluster leader" };
    const [, , kind, what = "", name = ""] = path.split("/");
    if (method === "DELETE") {
      this.log.push(`${kind} ${what} ${name}`);
      return { json: this.tokens.delete(name) };
    }
    const seen = this.services[0] ?? {};
    switch (what) {
      case "tokens":
        return {
          json: [...this.tokens].map(([AccessorID, [Description, ...policies]]) => ({
            AccessorID,
            Description,
            Policies: policies.length > 0 ? policies.map((Name) => ({ Name })) : null,
          })),
        };
      case "services":
        return {
          // Workers have no tag.
          json: { consul: [], ...Object.fromEntries(Object.keys(seen).map((key) => [key, []])) },
        };
      case "service":
        if (this.services.length > 1) this.services.shift();
        return { json: seen[name]?.map((used) => ({ ServiceMeta: { "flotilla-token": used } })) ?? [] };
      default:
        return { status: 404 };
    }
  }
}

const withTokens = (tokens: Record<string, [string, ...string[]]>) => {
  const cluster = new Cluster();
  for (const [id, token] of Object.entries(tokens)) cluster.tokens.set(id, token);
  return cluster;
};
const balancer: [string, string] = ["balancers", "flotilla-balancer"];
const registration: [string, string] = ["pulumi up", "flotilla-registration"];

test.concurrent("tokens that were replaced, however often, are revoked; no others are", async () => {
  const theirs = {
    anonymous: ["Anonymous Token"],
    "a-reader-of-theirs": ["CI", "flotilla-balancer"],
    "of-more-than-ours": ["balancers", "flotilla-balancer", "theirs"],
    management: ["Initial Management Token", "global-management"],
  } satisfies Record<string, [string, ...string[]]>;
  const cluster = withTokens({
    ...theirs,
    "balancer-0": balancer,
    "balancer-1": balancer,
    "balancer-2": balancer,
    "registration-1": registration,
    "registration-2": registration,
  });
  cluster.refusals = 2;
  expect((await runCommand(cluster, "revoke-tokens", args)).code).toBe(0);
  expect(cluster.log).toStrictEqual([
    "acl token balancer-0",
    "acl token balancer-1",
    "acl token registration-1",
  ]);
});

test.concurrent("none was replaced: nothing is done", async () => {
  const cluster = withTokens({ "balancer-2": balancer, "registration-2": registration });
  expect(await runCommand(cluster, "revoke-tokens", args)).toStrictEqual({ code: 0, said: "" });
  expect(cluster.log).toStrictEqual([]);
});

test.concurrent("the agent's of a host that is gone is revoked", async () => {
  const cluster = withTokens({
    "agent-a": ["agent a", "flotilla-agent--a"],
    "agent-b": ["agent b", "flotilla-agent--b"],
    theirs: ["theirs", "flotilla-something"],
  });
  await runCommand(cluster, "revoke-tokens", args);
  expect(cluster.log).toStrictEqual(["acl token agent-b"]);
});

test.concurrent("registrations that have just got another token are waited for", async () => {
  const cluster = withTokens({ "registration-1": registration });
  cluster.services = [{ web: ["registration-1"] }, { web: ["registration-2"] }];
  await runCommand(cluster, "revoke-tokens", args);
  expect(cluster.log).toStrictEqual(["acl token registration-1"]);
});

test.concurrent("one that registrations still hang on stays, and is told of", async () => {
  const cluster = withTokens({ "balancer-1": balancer, "registration-1": registration });
  cluster.services = [{ api: ["registration-2", "registration-1"] }];
  const { code, said } = await runCommand(cluster, "revoke-tokens", args);
  expect(code).toBe(0);
  expect(cluster.log).toStrictEqual(["acl token balancer-1"]);
  expect(said).toBe(
    "consul: a former token is revoked (balancers)\n" +
      "consul: a former token stays valid, since registrations hang on it (pulumi up)\n",
  );
});
