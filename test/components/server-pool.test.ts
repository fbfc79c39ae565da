import * as pulumi from "@pulumi/pulumi";
import { ConsulAgent } from "../../components/consul-agent.ts";
import { Credentials } from "../../components/credentials.ts";
import { HaproxyTier } from "../../components/haproxy-tier.ts";
import { ServerPool } from "../../components/server-pool.ts";
import { inDataCentre } from "../../lib/data-centres.ts";
import { joined } from "../../lib/names.ts";
import { deploy, find, idsBelow, type Registered } from "../support/deploy.ts";
import { dockerHosts, stackImages } from "../support/hosts.ts";
import { remember } from "../support/remember.ts";
import { accessorOf, secrets } from "../support/secrets.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** Containers that do not run. */
const stopped = ["test--web--local--2-aa", "test--api--local--1-bb"];

/** Hosts with the pool of a service, web unless told otherwise. */
const run = remember(
  ({ isFresh = false, kept = [], ...config }: Record<string, unknown>): Promise<Registered[]> => {
    const settings = settingsFrom({ loadBalancers: { count: 1 }, ...config });
    return deploy(() => {
      const images = stackImages(settings);
      const hosts = dockerHosts(settings, images);
      const credentials = new Credentials("credentials", settings);
      const cluster = { identity: pulumi.output("identity") };
      for (const host of hosts) {
        const opts = { providers: [host.provider] };
        const args = { ...settings, host, credentials, isFresh: isFresh === true };
        const agent = new ConsulAgent(`agent-${host.key}`, { ...args, after: [] }, opts);
        const balancers = new HaproxyTier(`balancers-${host.key}`, { ...args, agent }, opts);
        const pools: ServerPool[] = [];
        for (const service of settings.services) {
          const pool = {
            ...args,
            agent,
            cluster,
            service,
            balancers,
            images,
            stopped,
            after: [],
            reached: inDataCentre(settings.hosts, host.settings.datacenter).map(({ key }) => key),
            kept: kept as string[],
            volumesOf: async (owners: readonly string[]) =>
              pools.filter((one) => owners.includes(one.service)).flatMap(({ volumes }) => volumes),
          };
          pools.push(new ServerPool(joined(service.name, host.key), pool, opts));
        }
      }
    });
  },
);

const web = (service: Record<string, unknown> = {}) =>
  run({ services: { web: { image: "nginx:1.29", port: 80, ...service } } });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const told = (all: readonly Registered[], id: string) => JSON.parse(String(find(all, id).inputs.stdin));

test.each([0, 1, 3])("%i copies", async (replicas) => {
  const all = await web({ replicas });
  expect(idsBelow(all, "ServerPool web--local")).toStrictEqual([
    "Command web--local--registration",
    ...numbers(replicas).map((i) => `Container test--web--local--${i}`),
    "Container web--local--logs",
    "RemoteImage web--local nginx:1.29",
    "Volume web--local--logs--test--logs--web",
    "VolumeContainer web--local--logs",
  ]);
  const instances = numbers(replicas).map((i) => `test--web--local--${i}-0a1b2c3`);
  expect(find(all, "ServerPool web--local").outputs).toStrictEqual({ instances });
  expect(told(all, "Command web--local--registration").instances).toStrictEqual(instances);
});

test("where nothing of the stack runs, they are registered beside the balancers, and told as many of these", async () => {
  const web = { image: "nginx:1.29", port: 80 };
  const all = await run({ isFresh: true, services: { web }, loadBalancers: { count: 3 } });
  const id = "Command web--local--registration";
  expect(find(all, id).dependsOn).toContain("Container agent-local");
  expect(find(all, id).dependsOn).not.toContain("Command balancers-local-ready");
  expect(told(all, id).balancersPerHost).toBe(3);
});

test("the least of a copy", async () => {
  const { inputs, ...rest } = find(await web({ replicas: 1 }), "Container test--web--local--1");
  expect(inputs).toStrictEqual({
    image: "sha256:web--local nginx:1.29",
    labels: [
      { label: "flotilla.host", value: "local" },
      { label: "flotilla.role", value: "server" },
      { label: "flotilla.service", value: "web" },
      { label: "flotilla.stack", value: "test" },
    ],
    logDriver: "local",
    logOpts: { "max-file": "3", "max-size": "10m" },
    restart: "always",
    removeVolumes: true,
    capabilities: { drops: ["CAP_NET_RAW"] },
    securityOpts: ["no-new-privileges=true"],
    readOnly: false,
    networkMode: "test",
    envs: ["PORT=80"],
    volumes: [{ volumeName: "test--logs--web", containerPath: "/var/log/flotilla" }],
    destroyGraceSeconds: 10,
  });
  expect(rest).toMatchObject({
    provider: "local",
    secrets: [],
    secretOutputs: [],
    // The new one runs beside the old, under a name of its own.
    deleteBeforeReplace: false,
  });
});

test("all that a copy can be given", async () => {
  const all = await web({
    env: { MODE: "fast", ALPHA: "a=b" },
    secrets: { KEY: "hush", API: "psst" },
    command: ["serve", "--all"],
    entrypoint: ["/entry"],
    workingDir: "/srv",
    user: "1000:50",
    init: true,
    capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
    noNewPrivileges: false,
    readOnly: true,
    tmpfs: ["/tmp", "/run:size=16m"],
    shmSize: "128m",
    ulimits: { nofile: { soft: 1024, hard: 2048 }, core: 0 },
    extraHosts: ["gateway:host-gateway"],
    cpus: 0.5,
    memory: "128m",
    stopGrace: 30,
    volumes: [
      { name: "uploads", path: "/uploads" },
      { name: "pages", path: "/pages", readOnly: true },
    ],
  });
  const { inputs, ...rest } = find(all, "Container test--web--local--1");
  expect(inputs).toMatchObject({
    envs: ["ALPHA=a=b", "MODE=fast", "PORT=80", "API=psst", "KEY=hush"],
    command: ["serve", "--all"],
    entrypoints: ["/entry"],
    workingDir: "/srv",
    user: "1000:50",
    init: true,
    capabilities: { adds: ["CAP_NET_ADMIN"], drops: ["ALL"] },
    securityOpts: ["no-new-privileges=false"],
    readOnly: true,
    tmpfs: { "/tmp": "mode=1777,uid=1000", "/run": "mode=1777,size=16m,uid=1000" },
    shmSize: 128,
    ulimits: [
      { name: "core", soft: 0, hard: 0 },
      { name: "nofile", soft: 1024, hard: 2048 },
    ],
    hosts: [{ host: "gateway", ip: "host-gateway" }],
    cpus: "0.5",
    memory: 128,
    memorySwap: 128,
    destroyGraceSeconds: 30,
    volumes: [
      { volumeName: "test--web_uploads", containerPath: "/uploads", readOnly: false },
      { volumeName: "test--web_pages", containerPath: "/pages", readOnly: true },
      { volumeName: "test--logs--web", containerPath: "/var/log/flotilla" },
    ],
  });
  expect(rest).toMatchObject({ secrets: ["envs[3]", "envs[4]"], secretOutputs: ["envs"] });
});

test("what tells where another service is, in the open and as a secret", async () => {
  const requires = {
    db: {
      service: "db",
      env: { DB_HOST: "{{host}}" },
      secrets: { DB_URL: "postgres://me:hush@{{host}}:{{port}}/" },
    },
  };
  const services = {
    web: { image: "nginx", port: 80, secrets: { KEY: "psst" }, requires },
    db: { image: "postgres", port: 5432, protocol: "tcp", provides: 6000 },
  };
  const { inputs, secrets } = find(await run({ services }), "Container test--web--local--1");
  expect(inputs.envs).toStrictEqual([
    "PORT=80",
    "DB_HOST=test--front--local",
    "KEY=psst",
    "DB_URL=postgres://me:hush@test--front--local:6000/",
  ]);
  expect(secrets).toStrictEqual(["envs[2]", "envs[3]"]);
});

test("each service has a log volume of its own, which is never protected", async () => {
  const services = {
    web: { image: "nginx", port: 80 },
    api: { image: "api", port: 81, route: { path: "/api" } },
  };
  const all = await run({ protect: true, services });
  for (const service of ["web", "api"]) {
    expect(find(all, `Volume ${service}--local--logs--test--logs--${service}`)).toMatchObject({
      inputs: { name: `test--logs--${service}` },
      protect: false,
    });
    expect(find(all, `Container ${service}--local--logs`).inputs).toMatchObject({
      name: `test--volumes--logs--${service}--local`,
      // By which anybody may write into it, whoever a service's program runs as.
      image: "sha256:local--front",
      volumes: [{ volumeName: `test--logs--${service}`, containerPath: "/var/log/flotilla" }],
    });
    const server = find(all, `Container test--${service}--local--1`);
    expect(server.inputs.volumes).toStrictEqual([
      { volumeName: `test--logs--${service}`, containerPath: "/var/log/flotilla" },
    ]);
    expect(server.dependsOn).toContain(`Container ${service}--local--logs`);
  }
});

test.each([
  [{}, []],
  [{ command: ["serve"], user: "me", readOnly: true }, ["command", "user"]],
  [{ entrypoint: ["serve"], workingDir: "/srv", shmSize: "1g" }, ["entrypoint", "workingDir", "shmSize"]],
])("what the provider does not see is heeded all the same: %j", async (keys, replacementTrigger) => {
  expect(find(await web(keys), "Container test--web--local--1")).toMatchObject({
    replaceOnChanges: ["tmpfs"],
    replacementTrigger,
  });
});

test("a folder in memory of a user by name is for everybody", async () => {
  const { inputs } = find(await web({ user: "me", tmpfs: "/run" }), "Container test--web--local--1");
  expect(inputs.tmpfs).toStrictEqual({ "/run": "mode=1777" });
});

test("a volume that is mounted at two paths is one", async () => {
  const volumes = [
    { name: "data", path: "/a" },
    { name: "data", path: "/b", readOnly: true },
  ];
  const all = await web({ replicas: 2, volumes });
  expect(all.filter(({ id }) => id === "Volume web--local_data")).toHaveLength(1);
  expect(find(all, "Container test--web--local--2").inputs.volumes).toMatchObject([
    { volumeName: "test--web_data", containerPath: "/a", readOnly: false },
    { volumeName: "test--web_data", containerPath: "/b", readOnly: true },
    {},
  ]);
});

test.each([true, false])("its volumes are protected: %j", async (protect) => {
  const volumes = [{ name: "uploads", path: "/uploads" }];
  const all = await run({ protect, services: { web: { image: "nginx", port: 80, volumes } } });
  expect(find(all, "Volume web--local_uploads")).toMatchObject({
    inputs: { name: "test--web_uploads" },
    protect,
    provider: "local",
  });
});

test("folders, NFS servers and drivers", async () => {
  const volumes = [
    { name: "certs", path: "/certs", kind: "bind", source: "/srv/certs", readOnly: true },
    {
      name: "media",
      path: "/media",
      kind: "nfs",
      server: "10.0.0.9",
      source: "/export",
      options: { soft: true },
    },
    { name: "disk", path: "/disk", kind: "driver", driver: "acme", options: { size: 10 } },
  ];
  const all = await run({ protect: true, services: { web: { image: "nginx", port: 80, volumes } } });
  const media = all.find(({ id }) => id.startsWith("Volume web--local_media."));
  expect(media).toMatchObject({
    inputs: { driver: "local", driverOpts: { type: "nfs", o: "addr=10.0.0.9,soft", device: ":/export" } },
    // Its data is the server's.
    protect: false,
  });
  expect(find(all, "Volume web--local_disk")).toMatchObject({
    inputs: { name: "test--web_disk", driver: "acme", driverOpts: { size: "10" } },
    protect: true,
  });
  const server = find(all, "Container test--web--local--1");
  expect(server.inputs.volumes).toMatchObject([
    { hostPath: "/srv/certs", containerPath: "/certs", readOnly: true },
    { volumeName: media?.inputs.name, containerPath: "/media", readOnly: false },
    { volumeName: "test--web_disk", containerPath: "/disk", readOnly: false },
    {},
  ]);
  expect(server.dependsOn).toEqual(expect.arrayContaining([media?.id, "Volume web--local_disk"]));
});

test("a volume for each copy, also for those that there were", async () => {
  const volumes = [{ name: "data", path: "/data", perReplica: true }];
  const service = { image: "nginx", port: 80, replicas: 2, rollout: { order: "stop-first" }, volumes };
  const kept = ["test--web--2_data", "test--web--4_data", "test--api--7_data"];
  const all = await run({ protect: true, kept, services: { web: service } });
  const made = all.filter(({ id }) => /^Volume web--local.*_data$/.test(id));
  expect(made.map(({ id, inputs, protect }) => [id, inputs.name, protect])).toStrictEqual(
    [1, 2, 4].map((i) => [`Volume web--local--${i}_data`, `test--web--${i}_data`, true]),
  );
  const second = find(all, "Container test--web--local--2");
  expect(second.inputs.volumes).toMatchObject([
    { volumeName: "test--web--2_data", containerPath: "/data" },
    {},
  ]);
  expect(second.dependsOn.filter((id) => id.startsWith("Volume web--local--"))).toStrictEqual([
    "Volume web--local--2_data",
  ]);
  // So that nobody clears away what waits for its copy.
  const guard = find(all, "Container web--local--copies");
  expect(guard).toMatchObject({
    inputs: {
      name: "test--volumes--copies--web--local",
      start: false,
      volumes: [1, 2, 4].map((i) => ({ volumeName: `test--web--${i}_data`, containerPath: `/${i}/0` })),
    },
    deleteBeforeReplace: true,
  });
});

test("a service that had another name keeps its volumes, by aliases and by their own names", async () => {
  const volumes = [
    { name: "data", path: "/data" },
    { name: "own", path: "/own", perReplica: true },
  ];
  const service = { image: "nginx", port: 80, movedFrom: ["shop", "market"], volumes };
  const all = await run({ services: { web: { ...service, rollout: { order: "stop-first" } } } });
  expect(find(all, "Volume web--local_data")).toMatchObject({
    inputs: { name: "test--market_data" },
    aliases: ["shop--local_data", "market--local_data"],
  });
  expect(find(all, "Volume web--local--1_own")).toMatchObject({
    inputs: { name: "test--market--1_own" },
    aliases: ["shop--local--1_own", "market--local--1_own"],
  });
});

test("a volume of another service is waited for, and not made", async () => {
  const volumes = [{ name: "data", path: "/data" }];
  const services = {
    store: { image: "store", port: 81, route: { path: "/s" }, volumes },
    web: { image: "nginx", port: 80, volumes: [{ name: "data", path: "/theirs", owner: "store" }] },
  };
  const all = await run({ services });
  expect(all.filter(({ id }) => /^Volume .*_data$/.test(id)).map(({ id }) => id)).toStrictEqual([
    "Volume store--local_data",
  ]);
  const server = find(all, "Container test--web--local--1");
  expect(server.inputs.volumes).toMatchObject([
    { volumeName: "test--store_data", containerPath: "/theirs", readOnly: true },
    {},
  ]);
  expect(server.dependsOn).toContain("Volume store--local_data");
});

test("a version is taken as it was built, in the folder's place, and trusted at once", async () => {
  const all = await run({
    services: { web: { build: "examples/simple-server", version: "0123456789ab", port: 80 } },
  });
  expect(find(all, "RemoteImage web--local").inputs.name).toBe("flotilla/test--web:0123456789ab");
  expect(told(all, "Command web--local--registration")).toMatchObject({
    image: "flotilla/test--web:0123456789ab",
    settle: 0,
  });
});

describe("fewer at once than there are", () => {
  const inBatches = () => web({ replicas: 5, rollout: { surge: 2 } });

  test("batches, each waiting for the one before", async () => {
    const all = await inBatches();
    expect(idsBelow(all, "ServerPool web--local")).toStrictEqual([
      "Command web--local--batch--1",
      "Command web--local--batch--2",
      "Command web--local--registration",
      ...numbers(5).map((i) => `Container test--web--local--${i}`),
      "Container web--local--logs",
      "RemoteImage web--local nginx:1.29",
      "Volume web--local--logs--test--logs--web",
      "VolumeContainer web--local--logs",
    ]);
    const waits = (id: string) => find(all, id).dependsOn.filter((other) => other.includes("web--local--"));
    const server = (i: number) => `Container test--web--local--${i}`;
    const logs = "Container web--local--logs";
    expect([1, 2, 3, 4, 5].map((i) => waits(server(i)))).toStrictEqual([
      [logs],
      [logs],
      ["Command web--local--batch--1", logs],
      ["Command web--local--batch--1", logs],
      ["Command web--local--batch--2", logs],
    ]);
    expect(waits("Command web--local--batch--1")).toStrictEqual([server(1), server(2)]);
    expect(waits("Command web--local--batch--2")).toStrictEqual([server(3), server(4)]);
    expect(waits("Command web--local--registration")).toStrictEqual(numbers(5).map(server));
    for (const id of ["Command web--local--batch--1", "Command web--local--registration"]) {
      expect(find(all, id).dependsOn).toContain("Command balancers-local-ready");
    }
  });

  test("a batch is told of its own, the registration of all", async () => {
    const all = await inBatches();
    const { instances, ...rest } = told(all, "Command web--local--registration");
    expect(instances).toHaveLength(5);
    expect(told(all, "Command web--local--batch--2")).toStrictEqual({
      ...rest,
      instances: ["test--web--local--3-0a1b2c3", "test--web--local--4-0a1b2c3"],
    });
    const { stdin: _, ...command } = find(all, "Command web--local--batch--2").inputs;
    expect(command).toStrictEqual({
      create: "exec node commands/register.ts --batch",
      update: "exec node commands/register.ts --batch",
      logging: "stderr",
      addPreviousOutputInEnv: false,
    });
  });
});

test("old copies that go first: new ones are made, and started by the registration", async () => {
  const all = await web({ replicas: 2, rollout: { order: "stop-first" } });
  expect(find(all, "Container test--web--local--1")).toMatchObject({
    inputs: { start: false, mustRun: false, restart: "always" },
    deleteBeforeReplace: false,
  });
  expect(told(all, "Command web--local--registration")).toMatchObject({
    order: "stop-first",
    stopped: ["test--web--local--2-aa"],
  });
});

test("copies that move: all that may run on a host are made, and the registration is told how they are spread", async () => {
  const hosts = Object.fromEntries(
    ["a", "b", "c"].map((key, index) => [
      key,
      { docker: `ssh://${key}`, address: `10.0.0.${index + 1}`, ...(key === "c" && { datacenter: "dc2" }) },
    ]),
  );
  const service = { image: "nginx:1.29", port: 80, replicas: 3, replicasPer: "datacenter" };
  const all = await run({ hosts, services: { web: service } });
  for (const host of ["a", "b", "c"]) {
    const copies = idsBelow(all, `ServerPool web--${host}`).filter((id) =>
      id.startsWith("Container test--web"),
    );
    expect(copies).toHaveLength(3);
    expect(find(all, `Container test--web--${host}--3`)).toMatchObject({
      inputs: { start: false, mustRun: false, restart: "no" },
      deleteBeforeReplace: false,
      ignoreChanges: ["restart"],
      replacementTrigger: ["moves"],
    });
  }
  const movingOn = (host: string) => told(all, `Command web--${host}--registration`).moving;
  const spread = { service: "web", replicas: 3, most: 3 };
  expect(movingOn("a")).toStrictEqual({ ...spread, hosts: ["a", "b"] });
  expect(movingOn("c")).toStrictEqual({ ...spread, hosts: ["c"] });
});

test("a worker: without a port, and started by the registration, which is told of no requests", async () => {
  const all = await run({ services: { web: { image: "mailer" } } });
  expect(find(all, "Container test--web--local--1").inputs).toMatchObject({
    envs: [],
    start: false,
    mustRun: false,
    restart: "always",
  });
  expect(told(all, "Command web--local--registration")).toMatchObject({
    service: { name: "web" },
    order: "start-first",
    stopped: ["test--web--local--2-aa"],
    settle: 3,
  });
  expect(find(all, "ServerPool web--local").inputs).toStrictEqual({
    service: "web",
    host: "local",
    isWorker: true,
  });
});

test.each([
  [[{ name: "data", path: "/data" }], true],
  [[{ name: "data", path: "/data", readOnly: true }], false],
])("the registration is told whether they write to volumes: %j", async (volumes, writesVolumes) => {
  const all = await web({ volumes });
  expect(told(all, "Command web--local--registration")).toMatchObject({ writesVolumes });
});

test("the registration: what it runs, what it waits for, what it is told", async () => {
  const all = await web({
    replicas: 2,
    drain: 7,
    health: { path: "/health", interval: 2, timeout: 30 },
  });
  const { inputs, dependsOn, ...rest } = find(all, "Command web--local--registration");
  expect(rest.secretOutputs).toStrictEqual(["stdout", "stderr"]);
  const { stdin: _, ...command } = inputs;
  expect(command).toStrictEqual({
    create: "exec node commands/register.ts",
    update: "exec node commands/register.ts",
    delete: "exec node commands/register.ts --withdraw",
    logging: "stderr",
    addPreviousOutputInEnv: false,
  });
  expect(told(all, "Command web--local--registration")).toStrictEqual({
    stack: "test",
    host: "local",
    docker: "unix:///var/run/docker.sock",
    hasPeers: false,
    balancersPerHost: 2,
    agent: "test--agent--local",
    agentId: "agent-local-id",
    consulId: "identity",
    token: secrets.registration,
    tokenId: accessorOf("registration"),
    service: {
      name: "web",
      port: 80,
      health: {
        type: "http",
        path: "/health",
        method: "GET",
        host: "localhost",
        interval: 2,
        checkTimeout: 1,
        timeout: 30,
      },
      sessions: false,
    },
    image: "nginx:1.29",
    instances: ["test--web--local--1-0a1b2c3", "test--web--local--2-0a1b2c3"],
    order: "start-first",
    stopped: [],
    writesVolumes: false,
    healthTimeout: 30,
    settle: 3,
    drain: 7,
    stopGrace: 10,
  });
  expect(rest.secrets).toStrictEqual(["stdin"]);
  expect(dependsOn).toStrictEqual(
    expect.arrayContaining([
      "Command balancers-local-ready",
      "Container agent-local",
      "Container test--web--local--1",
      "Container test--web--local--2",
    ]),
  );
  // One that is yet to be made would keep a rollback from changing this pool alone.
  expect(dependsOn.filter((id) => id.includes("test-balancer"))).toStrictEqual([]);
});

describe("several hosts", () => {
  const hosts = {
    a: { docker: "tcp://a:2376", address: "10.0.0.1" },
    b: { docker: "tcp://b:2376", address: "10.0.0.2" },
  };
  const services = { web: { image: "nginx:1.29", port: 80, replicas: 5, rollout: { surge: 3 } } };

  test.each(["a", "b"])(
    "balancers on %s alone are asked for, and waited for by, the copies there",
    async (key) => {
      const all = await run({ hosts, services });
      const other = key === "a" ? "b" : "a";
      for (const step of ["batch--1", "registration"]) {
        const id = `Command web--${key}--${step}`;
        expect(told(all, id)).toMatchObject({
          host: key,
          docker: `tcp://${key}:2376`,
          hasPeers: true,
          balancersPerHost: 2,
          agent: `test--agent--${key}`,
        });
        const { dependsOn } = find(all, id);
        expect(dependsOn).toContain(`Command balancers-${key}-ready`);
        const foreign = new RegExp(`balancers-${other}|front--${other}|agent-${other}|--${other}--`);
        expect(dependsOn.filter((id) => foreign.test(id))).toStrictEqual([]);
      }
    },
  );

  test("where nothing of the stack runs, they are told as many as there will be on one", async () => {
    const all = await run({ hosts, services, isFresh: true, loadBalancers: { count: 3 } });
    expect(told(all, "Command web--b--registration")).toMatchObject({ balancersPerHost: 3 });
  });
});

test("a pool says whose it is, so that a rollback finds it", async () => {
  expect(find(await web(), "ServerPool web--local").inputs).toStrictEqual({ service: "web", host: "local" });
});

test.each([
  [3, 2],
  [2, 3],
  [1, 0],
])("from %i to %i copies: only those that come or go, and the registration", async (from, to) => {
  const [before, after] = [await web({ replicas: from }), await web({ replicas: to })];
  const ids = new Set(after.map(({ id }) => id));
  const stayed = before.filter(({ id }) => ids.has(id));
  const changed = stayed.filter((old) => JSON.stringify(old) !== JSON.stringify(find(after, old.id)));
  expect(changed.map(({ id }) => id)).toStrictEqual([
    "ServerPool web--local",
    "Command web--local--registration",
  ]);
});

test("a second service leaves the first as it is", async () => {
  const first = { web: { image: "nginx:1.29", port: 80 } };
  const one = await run({ services: first });
  const two = await run({ services: { ...first, api: { image: "api", port: 81, route: { path: "/api" } } } });
  const pool = ["ServerPool web--local", ...idsBelow(one, "ServerPool web--local")];
  for (const id of pool) expect(find(two, id)).toStrictEqual(find(one, id));
});
