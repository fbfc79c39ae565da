import type { BalancersReadyArgs } from "../../commands/balancers-ready.ts";
import type { RoutesArgs } from "../../commands/routes.ts";
import { changeKey } from "../../lib/consul-keys.ts";
import { type ConsulRequest, runCommand } from "../support/fake-docker.ts";

const args: RoutesArgs = {
  stack: "test",
  balancerHosts: ["tcp://a:1"],
  balancersPerHost: 1,
  docker: "tcp://a:1",
  agent: "test--agent--a",
  token: "registration",
  consulId: "identity",
  routes: {
    routes: [],
    default: "web",
    services: [
      {
        name: "web",
        ports: [],
        sessions: false,
        backend: ["timeout server 60000ms"],
        server: "maxconn 500",
      },
    ],
  },
  placement: [
    { name: "mail", hosts: ["a", "b"] },
    { name: "web", hosts: ["a"] },
  ],
};

test.concurrent("routes writes the table and what services there are, again and again until Consul takes it", async () => {
  const requests: ConsulRequest[] = [];
  const consul = (request: ConsulRequest) => {
    if (request.method === "GET") return { status: 404 };
    requests.push(request.path.endsWith(`/${changeKey}`) ? { ...request, body: "" } : request);
    return requests.length === 1 ? { status: 500, text: "No cluster leader" } : { json: true };
  };
  const hosts = { docker: () => ({ out: "balancer\n" }), consul };
  expect(await runCommand(hosts, "routes", args)).toStrictEqual({ code: 0, said: "" });
  const written = (key: string, value?: unknown) => ({
    endpoint: "tcp://a:1",
    container: "test--agent--a",
    method: "PUT",
    path: `/v1/kv/flotilla/${key}`,
    filter: "",
    token: "registration",
    body: value === undefined ? "" : JSON.stringify(value),
  });
  expect(requests).toStrictEqual([
    written("changes/last"),
    written("changes/last"),
    written("placement", args.placement),
    written("routes", args.routes),
  ]);
});

test.concurrent("routes forgets the maintenance of services that are no more", async () => {
  const deleted: string[] = [];
  const consul = ({ method, path }: ConsulRequest) => {
    if (method === "DELETE") deleted.push(path);
    return { json: method === "GET" ? ["web", "gone"].map((name) => `flotilla/maintenance/${name}`) : true };
  };
  expect(await runCommand({ docker: () => ({ out: "balancer\n" }), consul }, "routes", args)).toMatchObject({
    code: 0,
  });
  expect(deleted).toStrictEqual(["/v1/kv/flotilla/maintenance/gone"]);
});

test.concurrent("balancers-ready waits until each of them answers", async () => {
  const args: BalancersReadyArgs = { docker: "tcp://a:1", balancers: ["balancer-1", "balancer-2"] };
  const asked: string[] = [];
  const docker = (endpoint: string, [, container = "", ...command]: readonly string[]) => {
    asked.push(`${endpoint} ${container} ${command[0]}`);
    return asked.length === 1 ? { code: 1, err: "Container is restarting" } : { out: "" };
  };
  const hosts = { docker, consul: () => ({ status: 500 }) };
  expect(await runCommand(hosts, "balancers-ready", args)).toStrictEqual({ code: 0, said: "" });
  expect(asked).toHaveLength(3);
  expect(new Set(asked)).toStrictEqual(
    new Set(["tcp://a:1 balancer-1 await-servers", "tcp://a:1 balancer-2 await-servers"]),
  );
});
