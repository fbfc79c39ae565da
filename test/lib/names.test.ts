import * as names from "../../lib/names.ts";

test("every name starts with the stack and tells what and where", () => {
  expect([
    names.networkName("dev"),
    names.consulServerName("dev", 3),
    names.agentName("dev", "a"),
    names.frontName("dev", "a"),
    names.balancerPrefix("dev", "a", 2),
    names.instancePrefix("dev", "web", "a", 4),
    names.volumeContainerName("dev", "logs", "a"),
    names.logVolumeName("dev"),
    names.serviceVolumeName("dev", "web", "uploads"),
  ]).toStrictEqual([
    "dev",
    "dev-consul-3",
    "dev-agent-a",
    "dev-front-a",
    "dev-balancer-a-2",
    "dev-web-a-4",
    "dev-volumes-logs-a",
    "dev-logs",
    "dev-web_uploads",
  ]);
});

test.each([
  [
    { stack: "dev", role: "front", host: "a" } as const,
    { "flotilla.host": "a", "flotilla.role": "front", "flotilla.stack": "dev" },
  ],
  [
    { stack: "dev", role: "server", host: "a", service: "web" } as const,
    {
      "flotilla.host": "a",
      "flotilla.role": "server",
      "flotilla.service": "web",
      "flotilla.stack": "dev",
    },
  ],
])("labels of %j, in the order in which the provider compares them", (of, labels) => {
  expect(Object.entries(names.labels(of))).toStrictEqual(Object.entries(labels));
});

test.each([
  ["dev-web-a-4-0a1b2c3", "web", "a", 4],
  ["dev-web-a-12-0a1b2c3", "web", "a", 12],
  ["dev-web-2-a-1-3-0a1b2c3", "web-2", "a-1", 3],
  ["dev-web-2-1-0a1b2c3", "web", "2", 1],
  // Of another service, of another host, of none.
  ["dev-web-2-a-4-0a1b2c3", "web", "a", undefined],
  ["dev-web-a-1-4-0a1b2c3", "web", "a", undefined],
  ["dev-webs-a-4-0a1b2c3", "web", "a", undefined],
  ["dev-web-a-4", "web", "a", undefined],
  ["dev-agent-a", "web", "a", undefined],
])("%s, of service %s on host %s, is replica %j", (container, service, host, number) => {
  expect(names.replicaNumber(container, { stack: "dev", service, host })).toBe(number);
});

test.each([
  [undefined, "flotilla/dev-web"],
  [{ address: "registry.example.com/team" }, "registry.example.com/team/dev-web"],
])("images where the registry is %j", (registry, repository) => {
  expect(names.imageRepository(names.serviceImage("dev", "web"), registry)).toBe(repository);
});
