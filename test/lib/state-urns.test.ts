import { isOfHost, parseUrn } from "../../lib/state-urns.ts";
import { find } from "../support/deploy.ts";
import { host, runConfig, urnsOf } from "../support/program.ts";

test.each([
  [
    "flotilla:index:Warden$docker:index/container:Container::warden-a",
    ["flotilla:index:Warden", "docker:index/container:Container"],
    "warden-a",
  ],
  ["pulumi:providers:docker::a", ["pulumi:providers:docker"], "a"],
  [
    "flotilla:index:ServerPool$docker:index/remoteImage:RemoteImage::db--a ghcr.io/x:1::y",
    ["flotilla:index:ServerPool", "docker:index/remoteImage:RemoteImage"],
    "db--a ghcr.io/x:1::y",
  ],
])("%s", (rest, types, name) => {
  const urn = `urn:pulumi:dev::flotilla::${rest}`;
  expect(parseUrn(urn)).toStrictEqual({ urn, types, name });
});

/** Of host "a" of stack "web", where Consul's server 1 is: by component and name. */
test.each<[string, string, boolean]>([
  ["DockerHost", "a", true],
  ["DockerHost", "a--network", true],
  ["DockerHost", "a--logs--web--logs", true],
  ["DockerHost", "ab", false],
  ["DockerHost", "ab--network", false],
  ["DockerHost", "a-b--network", false],
  ["Warden", "warden-a", true],
  ["Warden", "warden-ab", false],
  ["ConsulAgent", "agent-a", true],
  ["ConsulAgent", "agent-a--data", true],
  ["ConsulAgent", "agent-ab--data", false],
  ["LogKeeper", "keeper-a", true],
  ["LogKeeper", "keeper-a-b", false],
  ["HaproxyTier", "balancers-a", true],
  ["HaproxyTier", "balancers-ab", false],
  ["HaproxyTier", "balancers-ab-ready", false],
  ["HaproxyTier", "web--front--a", true],
  ["HaproxyTier", "web--front--ab", false],
  ["HaproxyTier", "web--balancer--a--1", true],
  ["HaproxyTier", "web--balancer--ab--1", false],
  ["ServerPool", "c--a", true],
  ["ServerPool", "a--c", false],
  ["ServerPool", "a--a", true],
  ["ServerPool", "a--ab", false],
  ["ServerPool", "a--ab--registration", false],
  ["ServerPool", "web--a", true],
  ["ServerPool", "web--a--logs", true],
  ["ServerPool", "web--a--logs--web--logs--web", true],
  ["ServerPool", "web--ab--logs--web--logs--a", false],
  ["ServerPool", "web--a--batch--1", true],
  ["ServerPool", "web--ab--batch--1", false],
  ["ServerPool", "c--a--batch--1", true],
  ["ServerPool", "web--web--a--1", true],
  ["ServerPool", "web--a--b--1", false],
  ["ServerPool", "web--a--a--12", true],
  ["ServerPool", "web--c--ab--1", false],
  ["ServerPool", "c--a_a", true],
  ["ServerPool", "c--b_a", false],
  ["ServerPool", "c--a postgres:18", true],
  ["ServerPool", "c--b postgres--a:18", false],
  ["ConsulCluster", "consul", false],
  ["ConsulCluster", "consul--1", true],
  ["ConsulCluster", "consul--1--data", true],
  ["ConsulCluster", "consul--1--quorum", true],
  ["ConsulCluster", "consul--11", false],
  ["ConsulCluster", "consul--2", false],
  ["ConsulCluster", "consul--setup", false],
  ["Images", "image-a", false],
  ["Credentials", "credentials-agent", false],
  ["RoutingTable", "routes", false],
  ["TokenRevocation", "former-tokens", false],
  ["AbsentHost", "absent-a", false],
])("%s, %s: is of host a: %j", (component, name, isOf) => {
  const below = { urn: "", types: [`flotilla:index:${component}`, "docker:index/container:Container"], name };
  expect(isOfHost(below, { stack: "web", key: "a", consulServers: [1] })).toBe(isOf);
});

test.each(["pulumi:providers:docker", "pulumi:pulumi:Stack"])("%s is no host's", (type) => {
  expect(
    isOfHost({ urn: "", types: [type], name: "a" }, { stack: "web", key: "a", consulServers: [1] }),
  ).toBe(false);
});

// Two dashes join parts, so one in a key is part of it.
describe.each(["web", "c", "a", "balancers-a"])(
  "in a stack %s, whose services and hosts have names that could be taken for each other",
  (stack) => {
    const service = {
      image: "x:1",
      port: 1,
      volumes: [{ name: "a", path: "/a" }],
      replicas: 2,
      rollout: { surge: 1 },
    };
    const plain = { b: [1], a: [2], ab: [3], "a-b": [4], "a-ready": [5] };
    const config = {
      hosts: Object.fromEntries(
        Object.entries(plain).map(([key, servers], i) => [
          key,
          { ...host("1", servers), docker: `tcp://${key}:1`, address: `10.0.0.${i + 1}` },
        ]),
      ),
      consul: { servers: 5 },
      services: { a: service, web: service, c: service, "a-b": service, logs: { ...service, default: true } },
    };
    test("each resource is of the host by whose provider it is made", async () => {
      const { resources } = await runConfig(stack, config);
      const urns = urnsOf(resources, stack);
      const mistaken = resources.flatMap((one, index) => {
        // Commands and components have no provider: those below or above something on one host are the host's.
        const { type, provider, parent, inputs } = one;
        const urn = urns[index] ?? "";
        const owners = Object.entries(plain).flatMap(([key, consulServers]) =>
          isOfHost(parseUrn(urn), { stack, key, consulServers }) ? key : [],
        );
        const expected = type.startsWith("docker:") ? [provider] : undefined;
        if (expected) return owners.join() === expected.join() ? [] : [`${urn}: ${owners.join()}`];
        if (!type.startsWith("command:") && !type.startsWith("flotilla:"))
          return owners.length === 0 ? [] : [urn];
        if (
          /:(Images|Credentials|ConsulCluster|RoutingTable|TokenRevocation)$/.test(
            parent ? find(resources, parent).type : type,
          )
        )
          return owners.length === (/--quorum$/.test(one.name) ? 1 : 0) ? [] : [`${urn}: ${owners.join()}`];
        void inputs;
        return owners.length === 1 ? [] : [`${urn}: ${owners.join()}`];
      });
      expect(mistaken).toStrictEqual([]);
    });
  },
);
