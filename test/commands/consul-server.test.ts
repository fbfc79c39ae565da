import type { ConsulServerArgs } from "../../commands/consul-server.ts";
import { type ConsulAnswer, type ConsulRequest, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: ConsulServerArgs = {
  docker: "tcp://a:1",
  server: "test-consul-2",
  containerId: "an-id",
  stack: "test",
  managementToken: "management",
};

class Cluster implements FakeHosts {
  readonly log: string[] = [];
  agents = ["test-agent-a"];
  servers = ["test-consul-1", "test-consul-2"];
  /** What autopilot says, one after the other; the last for ever. */
  health: { Healthy: boolean; Servers: { Name: string; Healthy: boolean; Voter: boolean }[] }[] = [];

  docker(_: string, args: readonly string[]) {
    const line = args.join(" ");
    if (line.includes("role=agent")) return { out: this.agents.join("\n") };
    if (line.includes("role=consul")) return { out: this.servers.join("\n") };
    if (!line.includes("socat")) this.log.push(`docker ${line}`);
    return { out: "" };
  }

  consul({ container, method, path }: ConsulRequest): ConsulAnswer {
    this.log.push(`${container}: ${method} ${path}`);
    if (path === "/v1/agent/leave") {
      this.servers = this.servers.filter((name) => name !== container);
      return { json: null };
    }
    return { json: this.health.length > 1 ? this.health.shift() : this.health[0] };
  }
}

test.concurrent("after a replacement it waits until every server is healthy and has a vote", async () => {
  const cluster = new Cluster();
  const server = { Name: "test-consul-2", Healthy: true, Voter: true };
  cluster.health = [
    { Healthy: false, Servers: [] },
    { Healthy: true, Servers: [{ ...server, Voter: false }] },
    { Healthy: true, Servers: [server] },
  ];
  expect(await runCommand(cluster, "consul-server", args)).toStrictEqual({ code: 0, said: "" });
  expect(cluster.log).toStrictEqual(Array(3).fill("test-consul-2: GET /v1/operator/autopilot/health"));
});

describe("--leave", () => {
  const leave = (cluster: Cluster) => runCommand(cluster, "consul-server", args, "--leave");

  test.concurrent("a server leaves before it is taken away, and does not come back", async () => {
    const cluster = new Cluster();
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "consul: test-consul-2 has left\n" });
    expect(cluster.log).toStrictEqual([
      "docker update --restart=no test-consul-2",
      "test-consul-2: PUT /v1/agent/leave",
    ]);
  });

  test.concurrent.each([
    ["the whole stack goes", { agents: [] }],
    ["the server is down", { servers: ["test-consul-1"] }],
  ])("is no matter when %s", async (_, state) => {
    const cluster = Object.assign(new Cluster(), state);
    expect(await leave(cluster)).toStrictEqual({ code: 0, said: "" });
    expect(cluster.log).toStrictEqual([]);
  });
});
