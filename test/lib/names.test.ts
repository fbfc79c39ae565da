import * as names from "../../lib/names.ts";

/** Keys with as many dashes as may be, so that parts could be cut in more than one place. */
const keys = ["a", "b", "a-a", "a-b", "b-a", "a-b-a", "1", "1-a", "a-1"];

test("what is joined gives its parts back: no two lists of parts make the same name", () => {
  const one = keys.map((key) => [key]);
  const longer = (lists: string[][]) => lists.flatMap((list) => keys.map((key) => [...list, key]));
  const lists = [one, longer(one), longer(longer(one))].flat();
  const joined = new Map(lists.map((list) => [names.joined(...list), list]));
  expect(joined.size).toBe(lists.length);
  for (const [name, list] of joined) expect(name.split("--")).toStrictEqual(list);
});

test("an instance is told by its name from every other, and so is its number", () => {
  const hosts = ["a", "b", "a-b", "b-a", "a-1"];
  const pools = hosts.flatMap((service) => hosts.map((host) => ({ stack: "a", service, host })));
  for (const { stack, service, host } of pools) {
    const container = `${names.instancePrefix(stack, service, host, 12)}-0a1b2c3`;
    const owners = pools.filter((pool) => names.instanceNumber(container, pool) !== undefined);
    expect(owners).toStrictEqual([{ stack, service, host }]);
    expect(names.instanceNumber(container, { stack, service, host })).toBe(12);
  }
});

test("every name starts with the stack and tells what and where", () => {
  expect([
    names.networkName("dev"),
    names.consulServerName("dev", 3),
    names.agentName("dev", "a"),
    names.frontName("dev", "a"),
    names.balancerPrefix("dev", "a", 2),
    names.instancePrefix("dev", "web", "a", 4),
    names.wardenName("dev", "a"),
    names.keeperName("dev", "a"),
    names.logVolumeContainerName("dev", "a"),
    names.logVolumeName("dev"),
    names.logVolumeContainerName("dev", "a", "web"),
    names.logVolumeName("dev", "web"),
    names.replicaVolumeContainerName("dev", "a", "web"),
    names.dataVolumeName("dev--consul--3"),
    names.serviceVolumeName("dev", "web", "uploads"),
    names.replicaVolumeName("dev", "web", 3, "uploads"),
  ]).toStrictEqual([
    "dev",
    "dev--consul--3",
    "dev--agent--a",
    "dev--front--a",
    "dev--balancer--a--2",
    "dev--web--a--4",
    "dev--warden--a",
    "dev--keeper--a",
    "dev--volumes--logs--a",
    "dev--logs",
    "dev--volumes--logs--web--a",
    "dev--logs--web",
    "dev--volumes--copies--web--a",
    "dev--consul--3--data",
    "dev--web_uploads",
    "dev--web--3_uploads",
  ]);
});

test.each([
  ["dev--web_data", "web"],
  ["dev--web--3_data--x", "web"],
  ["dev--logs--web", "web"],
  ["dev--logs", "balancers"],
  ["dev--consul--1--data", "consul"],
  ["dev--agent--a--socket", "agent"],
  ["other--web_data", ""],
])("who has %s: %s", (volume, holder) => {
  expect(names.holderOf(volume, "dev")).toBe(holder);
});

test.each([
  ["dev--web--3_data", 3],
  ["dev--web--12_data", 12],
  ["dev--web_data", undefined],
  ["dev--web_3_data", undefined],
  ["dev--web--3_data--4_data", undefined],
  ["dev--api--3_data", undefined],
  ["dev--web--3--logs", undefined],
])("whose volume is %s", (name, number) => {
  expect(names.replicaOf(name, { stack: "dev", service: "web", volume: "data" })).toBe(number);
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
  [
    {
      stack: "dev",
      role: "consul",
      host: "a",
      details: { "flotilla.consul": "i", "flotilla.p": "q" },
    } as const,
    {
      "flotilla.consul": "i",
      "flotilla.host": "a",
      "flotilla.p": "q",
      "flotilla.role": "consul",
      "flotilla.stack": "dev",
    },
  ],
])("labels of %j, in the order in which the provider compares them", (of, labels) => {
  expect(Object.entries(names.labels(of))).toStrictEqual(Object.entries(labels));
});

test.each([
  ["dev--web--a--4-0a1b2c3", "web", "a", 4],
  ["dev--web--a--12-0a1b2c3", "web", "a", 12],
  ["dev--web-2--a-1--3-0a1b2c3", "web-2", "a-1", 3],
  ["dev--web--b2--1-0a1b2c3", "web", "b2", 1],
  // Of another service, of another host, of none.
  ["dev--web-2--a--4-0a1b2c3", "web", "a", undefined],
  ["dev--web--a-1--4-0a1b2c3", "web", "a", undefined],
  ["dev--webs--a--4-0a1b2c3", "web", "a", undefined],
  ["dev--web--a--4", "web", "a", undefined],
  ["dev--agent--a", "web", "a", undefined],
])("%s, of service %s on host %s, is instance %j", (container, service, host, number) => {
  expect(names.instanceNumber(container, { stack: "dev", service, host })).toBe(number);
});

test.each([
  [undefined, "flotilla/dev--web"],
  [{ address: "registry.example.com/team" }, "registry.example.com/team/dev--web"],
])("images where the registry is %j", (registry, repository) => {
  expect(names.imageRepository(names.imageName("dev", "web"), registry)).toBe(repository);
});

test("an attempt of a job is told by its name, and by nothing else's", () => {
  const template = names.jobName("dev", "report", "a");
  expect(names.runName(template, 12, 3)).toBe("dev--jobs--report--a--12-3");
  expect(names.templateOf(names.runName(template, 12, 3))).toBe(template);
  for (const other of [template, "dev--web--a--1-0a1b2c3", names.balancerPrefix("dev", "a", 1)])
    expect(names.templateOf(other)).toBeUndefined();
});
