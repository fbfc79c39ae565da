import { find } from "../support/deploy.ts";
import { host, runConfig } from "../support/program.ts";

const services = {
  web: {
    image: "web:1",
    port: 80,
    requires: {
      store: { service: "store", env: { STORE: "{{host}}:{{port}}" } },
      api: { service: "api", env: { API: "http://{{host}}:{{port}}/" } },
    },
  },
  store: { image: "store:1", port: 6379, protocol: "tcp", provides: 7000 },
  api: { image: "api:1", port: 81, requires: { store: { service: "store", env: {} } } },
};
const hosts = {
  a: { ...host("1", [1]), docker: "tcp://a:1", address: "10.0.0.1" },
  b: { ...host("1", []), docker: "tcp://b:1", address: "10.0.0.2" },
};
const run = () => runConfig("dev", { hosts, services, consul: { servers: 1 } });

test("what is required is there first, on all hosts, and who requires it is told where it is on its own", async () => {
  const { resources } = await run();
  const after = (id: string) =>
    find(resources, id)
      .dependsOn.filter((one) => /^Command .*--registration$/.test(one))
      .toSorted();
  const of = (service: string) => ["a", "b"].map((key) => `Command ${service}--${key}--registration`);
  expect(after("Container dev--store--a--1")).toStrictEqual([]);
  expect(after("Container dev--api--b--1")).toStrictEqual(of("store"));
  expect(after("Container dev--web--a--1")).toStrictEqual([...of("api"), ...of("store")]);
  expect(find(resources, "Container dev--web--b--1").inputs.envs).toStrictEqual([
    "PORT=80",
    "API=http://dev--front--b:81/",
    "STORE=dev--front--b:7000",
  ]);
});

test("its instances and the routing table tell the balancers", async () => {
  const { resources } = await run();
  const told = (id: string) => JSON.parse(String(find(resources, id).inputs.stdin));
  expect(told("Command store--a--registration").service).toMatchObject({ protocol: "tcp", provides: 7000 });
  expect(told("Command web--a--registration").service).not.toHaveProperty("provides");
  const { services: entries } = told("Command routes").routes;
  expect(
    entries.map(({ name, provides, ports }: Record<string, unknown>) => [name, provides, ports]),
  ).toStrictEqual([
    ["api", 81, []],
    ["store", 7000, []],
    ["web", undefined, []],
  ]);
});
