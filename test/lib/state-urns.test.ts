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
  ["Mover", "mover-a", true],
  ["Mover", "mover-ab", false],
  ["Scheduler", "scheduler-a", true],
  ["Scheduler", "scheduler-ab", false],
  ["Job", "migrate--a", true],
  ["Job", "migrate--ab", false],
  ["Herald", "herald-a", true],
  ["Herald", "herald-ab", false],
  ["Backup", "backup-a", true],
  ["Backup", "backup-a--data--web--backup--a--data", true],
  ["Backup", "backup-ab", false],
  ["ConsulAgent", "agent-a", true],
  ["ConsulAgent", "agent-a--data", true],
  ["ConsulAgent", "agent-ab--data", false],
  ["LogKeeper", "keeper-a", true],
  ["LogKeeper", "keeper-a-b", false],
  ["Reachability", "reach-a", true],
  ["Reachability", "reach-ab", false],
  ["HaproxyTier", "balancers-a", true],
  ["HaproxyTier", "balancers-ab", false],
  ["HaproxyTier", "balancers-a-ready", true],
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
  const type = /-ready$|--(batch--\d|registration|quorum|setup)$/.test(name)
    ? "command:local:Command"
    : "docker:index/container:Container";
  // A component has names that nothing below it has.
  const isComponent = /^(balancers-\w+|consul)$/.test(name);
  const below = { urn: "", types: [`flotilla:index:${component}`, ...(isComponent ? [] : [type])], name };
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
      services: {
        ...Object.fromEntries(
          ["a", "web", "c", "a-b"].map((name) => [name, { ...service, route: { path: `/${name}` } }]),
        ),
        clock: { image: "x:1", replicasPer: "datacenter" },
      },
      backups: {
        target: { nfs: { server: "10.0.0.9", path: "/backups" } },
        password: "hush-backups",
        of: { a: { service: "a" }, consul: { consul: true } },
      },
    };
    test("each resource is of the host by whose provider it is made", async () => {
      const { resources } = await runConfig(stack, config);
      const urns = urnsOf(resources, stack);
      const mistaken = resources.flatMap(({ id, type, name, parent, provider }, index) => {
        const owners = Object.entries(plain).flatMap(([key, consulServers]) =>
          isOfHost(parseUrn(urns[index] ?? ""), { stack, key, consulServers }) ? key : [],
        );
        // Commands and components have no provider: each is one host's, unless its component is there once for all.
        const top = type.startsWith("flotilla:") && parent === "" ? type : find(resources, parent || id).type;
        const isCommon =
          !/^(command|flotilla):/.test(type) ||
          (/:(Images|Credentials|ConsulCluster|RoutingTable|TokenRevocation)$/.test(top) &&
            !name.endsWith("--quorum"));
        const wanted = type.startsWith("docker:")
          ? owners.join() === provider
          : owners.length === (isCommon ? 0 : 1);
        return wanted ? [] : [`${urns[index]}: ${owners.join()}`];
      });
      expect(mistaken).toStrictEqual([]);
    });
  },
);
