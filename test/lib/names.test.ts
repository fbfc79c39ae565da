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
