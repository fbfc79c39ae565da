import { find, type Registered } from "../support/deploy.ts";
import { host, ofConfig, ofConfigWithout, roleOf, runConfig } from "../support/program.ts";

const hosts = {
  a: { ...host("1", [1]), docker: "tcp://a:1", address: "10.0.0.1" },
  b: { ...host("1", []), docker: "tcp://b:1", address: "10.0.0.2" },
};
const services = {
  web: {
    build: "./examples/simple-server",
    port: 8000,
    secrets: { KEY: "hush" },
    volumes: [{ name: "uploads", path: "/uploads" }],
    requires: { db: { service: "db", env: { DB: "{{host}}:{{port}}" } } },
    memory: "64m",
  },
  db: { image: "postgres:18", port: 5432, protocol: "tcp", hosts: ["a"] },
};
const jobs = {
  migrate: { service: "web", command: ["migrate"], before: "web", timeout: 60, retries: 2 },
  report: { image: "report:1", schedule: "30 3 * * *", timeZone: "Europe/Berlin", catchUp: true, host: "b" },
  seed: { image: "seed:1", once: true, requires: { db: { service: "db", env: {} } } },
};
const config = { hosts, services, jobs, consul: { servers: 1 } };
const run = async () => (await ofConfig(config)).resources;
const told = (all: readonly Registered[], id: string) => JSON.parse(String(find(all, id).inputs.stdin));

test("is a container that is never started, like a copy of its service but for its command", async () => {
  const all = await run();
  const { inputs, ...rest } = find(all, "Container migrate--a");
  expect(inputs).toStrictEqual({
    name: "test--jobs--migrate--a",
    image: "sha256:migrate--a",
    command: ["migrate"],
    labels: [
      { label: "flotilla.host", value: "a" },
      { label: "flotilla.job", value: "migrate" },
      { label: "flotilla.role", value: "job" },
      { label: "flotilla.stack", value: "test" },
    ],
    logDriver: "local",
    logOpts: { "max-file": "3", "max-size": "10m" },
    restart: "no",
    start: false,
    mustRun: false,
    removeVolumes: true,
    capabilities: { drops: ["CAP_NET_RAW"] },
    securityOpts: ["no-new-privileges=true"],
    readOnly: false,
    memory: 64,
    memorySwap: 64,
    networkMode: "test",
    envs: ["PORT=8000", "DB=test--front--a:5432", "KEY=hush"],
    volumes: [
      { volumeName: "test--web_uploads", containerPath: "/uploads", readOnly: false },
      { volumeName: "test--logs--web", containerPath: "/var/log/flotilla" },
    ],
  });
  expect(rest).toMatchObject({
    parent: "Job migrate--a",
    provider: "a",
    deleteBeforeReplace: true,
    secrets: ["envs[2]"],
    secretOutputs: ["envs"],
  });
  expect(rest.dependsOn).toEqual(expect.arrayContaining(["Volume web--a_uploads", "Container web--a--logs"]));
});

test("has its place on one host", async () => {
  const all = await run();
  const names = all.filter((one) => roleOf(one) === "job").map(({ name }) => name);
  expect(names.sort()).toStrictEqual(["migrate--a", "report--b", "seed--a"]);
});

test("before a service is run when what it requires is there, and before any copy on any host", async () => {
  const all = await run();
  const { dependsOn, secrets } = find(all, "Command migrate--a--run");
  const wanted = [
    "Container migrate--a",
    "Container scheduler-a",
    "Command db--a--registration",
    "Command balancers-a-ready",
  ];
  expect(dependsOn).toEqual(expect.arrayContaining(wanted));
  expect(secrets).toStrictEqual(["stdin"]);
  for (const key of ["a", "b"]) {
    expect(find(all, `Container test--web--${key}--1`).dependsOn).toContain("Command migrate--a--run");
    expect(find(all, `Container web--${key}--logs`).dependsOn).not.toContain("Command migrate--a--run");
  }
  expect(find(all, "Container test--db--a--1").dependsOn).not.toContain("Command migrate--a--run");
});

test("is told apart by all that it runs, and by the version of the service that it goes before", async () => {
  const all = await run();
  const { what, ...rest } = told(all, "Command migrate--a--run");
  expect(rest).toStrictEqual({
    docker: expect.anything(),
    scheduler: "test--scheduler--a",
    job: "migrate",
    host: "a",
    timeout: 60,
    retries: 2,
  });
  expect(what).toMatchObject({
    command: ["migrate"],
    secrets: { KEY: "hush" },
    imageId: "sha256:migrate--a",
    before: "sha256:migrate--a--web",
  });
  for (const key of ["timeout", "retries", "overlap", "catchUp", "hosts"])
    expect(what).not.toHaveProperty(key);
});

test("goes before a service once in each data centre, or on one host before all of them", async () => {
  const far = { a: hosts.a, b: { ...hosts.b, datacenter: "dc2", consulServers: [2] } };
  const web = { build: "./examples/simple-server", port: 8000 };
  const of = async (more: object) => {
    const migrate = { ...jobs.migrate, ...more };
    const all = (await ofConfig({ ...config, hosts: far, services: { web }, jobs: { migrate } })).resources;
    const gates = all.filter(({ name }) => /^migrate--.--run$/.test(name)).map(({ id }) => id);
    return ["a", "b"].map((key) => {
      const { dependsOn } = find(all, `Container test--web--${key}--1`);
      return gates.filter((gate) => dependsOn.includes(gate));
    });
  };
  const [a, b] = ["Command migrate--a--run", "Command migrate--b--run"];
  expect(await of({})).toStrictEqual([[a], [b]]);
  expect(await of({ host: "a" })).toStrictEqual([[a], [a]]);
  expect(await of({ host: "b" })).toStrictEqual([[b], [b]]);
});

test("that is once runs when what it requires is there, and nothing waits for it", async () => {
  const all = await run();
  expect(find(all, "Command seed--a--run").dependsOn).toContain("Command db--a--registration");
  expect(all.filter(({ dependsOn }) => dependsOn.includes("Command seed--a--run"))).toStrictEqual([]);
  expect(told(all, "Command seed--a--run").what).not.toHaveProperty("before");
});

test("with a schedule is run by nobody but its scheduler", async () => {
  expect((await run()).map(({ id }) => id)).not.toContain("Command report--b--run");
});

test("is not run before a version that has served, nor waited for", async () => {
  const pinned = { ...services, web: { ...services.web, version: "0123456789ab" } };
  const { resources } = await runConfig("test", { ...config, services: pinned });
  expect(told(resources, "Command migrate--a--run").idle).toMatch(/^since web is pinned/);
  expect(find(resources, "Container test--web--a--1").dependsOn).not.toContain("Command migrate--a--run");
});

test("goes before a service on a host that is reached; where it is to be on another one, nothing is done", async () => {
  const output = { docker: "tcp://a:1", agent: "test--agent--a", networks: [] };
  const absent = { a: { output, urns: [] } };
  const alone = { web: { build: "./examples/simple-server", port: 8000 } };
  const on = (more: object) => ({
    ...config,
    services: alone,
    jobs: { migrate: { ...jobs.migrate, ...more }, nightly: { image: "a", schedule: "@daily" } },
  });
  const { resources } = await ofConfigWithout(on({}), absent);
  const names = resources.filter((one) => roleOf(one) === "job").map(({ name }) => name);
  // One that has a schedule stays where it is.
  expect(names).toStrictEqual(["migrate--b"]);
  await expect(ofConfigWithout(on({ host: "a" }), absent)).rejects.toThrow(
    "Job migrate, which goes before service web, is to run on host a, which is not reached.",
  );
});
