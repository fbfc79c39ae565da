import { mkdirSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { readSettings } from "../../config/read.ts";
import type { Settings } from "../../config/settings.ts";
import { inScratchProject } from "../support/scratch-project.ts";
import { asConfig, fileWith, readStackFile } from "../support/stack-file.ts";

const warn = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
beforeEach(() => warn.mockClear());

/** Reads settings as the program does in a stack with this config. */
async function read(
  config: Record<string, unknown>,
  secretKeys: string[] = [],
  stack = "dev",
): Promise<Settings> {
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, "flotilla", stack);
  pulumi.runtime.setAllConfig(asConfig(config), secretKeys);
  return readSettings();
}

const defaults: Settings = {
  stack: "dev",
  protect: true,
  network: { subnet: "172.30.0.0/16", controlSubnet: "198.19.201.128/26" },
  hosts: [
    {
      key: "local",
      docker: "unix:///var/run/docker.sock",
      address: "127.0.0.1",
      peerAddress: "127.0.0.1",
      datacenter: "dc1",
      weight: 1,
      state: "active",
      consulServers: [1, 2, 3],
      placesServers: false,
    },
  ],
  consul: { servers: 3, port: 8500, peerPort: 8300, image: "hashicorp/consul:1.14.11" },
  loadBalancers: {
    count: 2,
    max: 4,
    port: 8080,
    peerPort: 7443,
    statsPort: 9000,
    ipv6: false,
    drain: 3600,
    stopGrace: 60,
    trustedProxies: [],
    maxConnectionsPerClient: 1000,
  },
  services: [],
  jobs: [],
};

const simpleServer: Settings["services"][number] = {
  name: "web",
  source: { kind: "build", context: "./examples/simple-server", dockerfile: "Dockerfile", args: {} },
  replicas: 4,
  replicasPer: "host",
  port: 8000,
  protocol: "http",
  balance: "leastconn",
  locality: "any",
  requires: [],
  health: {
    type: "http",
    path: "/health",
    method: "GET",
    host: "localhost",
    interval: 1,
    checkTimeout: 1,
    timeout: 60,
  },
  env: { PORT: "8000" },
  secrets: {},
  init: false,
  capabilities: { add: [], drop: [] },
  noNewPrivileges: true,
  readOnly: false,
  tmpfs: [],
  ulimits: {},
  extraHosts: [],
  volumes: [],
  movedFrom: [],
  logs: { maxSize: 100 },
  drain: 5,
  stopGrace: 10,
  rollout: { order: "start-first", surge: 4, settle: 3 },
  load: { concurrency: 1000, queue: 1000, wait: 5 },
  timeouts: { body: 30, request: 60, idle: 300, tunnel: 3600 },
  sessions: false,
  default: true,
  hosts: ["local"],
  failover: ["dc1"],
};

test("everything has a default", async () => {
  expect(await read({})).toStrictEqual(defaults);
});

test("the dev stack's file holds good settings", async () => {
  expect(await read(readStackFile("dev"))).toStrictEqual({
    ...defaults,
    protect: false,
    services: [simpleServer],
  });
});

test("the prod stack's file holds good settings, of three hosts", async () => {
  const host = (key: string, datacenter: string, peerAddress: string, consulServers: number[]) => ({
    key,
    docker: `ssh://deploy@${key}.example.com`,
    address: `${key}.example.com`,
    peerAddress,
    datacenter,
    weight: 1,
    state: "active",
    consulServers,
    placesServers: false,
  });
  const { services, ...rest } = await read(readStackFile("prod"), [], "prod");
  const { services: _, ...others } = defaults;
  expect(rest).toStrictEqual({
    ...others,
    stack: "prod",
    network: { ...defaults.network, controlSubnet: "198.19.213.0/26" },
    hosts: [
      host("a", "dc1", "10.0.0.11", [1, 3]),
      host("b", "dc1", "10.0.0.12", [2]),
      host("c", "dc2", "10.0.1.13", [4, 5, 6]),
    ],
    consul: { ...defaults.consul, cpus: "1", memory: 256 },
    loadBalancers: { ...defaults.loadBalancers, count: 3, cpus: "1", memory: 256 },
    registry: { address: "registry.example.com/flotilla" },
  });
  const [replica, store, web] = services;
  expect([replica?.name, replica?.hosts, replica?.port]).toStrictEqual(["replica", ["c"], undefined]);
  expect([store?.name, store?.hosts, store?.provides]).toStrictEqual(["store", ["a"], 6379]);
  expect(web).toStrictEqual({
    ...simpleServer,
    replicas: 5,
    hosts: ["a", "b"],
    failover: ["dc1", "dc2"],
    requires: [{ key: "store", service: "store", env: { STORE: "{{host}}:{{port}}" }, secrets: {} }],
    rollout: { order: "start-first", surge: 5, settle: 3 },
    cpus: "0.5",
    memory: 128,
  });
});

test("all that can be set is set", async () => {
  const config = {
    "flotilla:protect": "true",
    "flotilla:network": { subnet: "10.20.0.0/20", controlSubnet: "10.20.16.0/25" },
    "flotilla:hosts": {
      b: {
        docker: "tcp://10.0.0.2:2376",
        tls: "certs",
        address: "b.example",
        peerAddress: "10.0.0.2",
        datacenter: "east",
        state: "away",
        consulServers: [2],
      },
      a: {
        docker: "ssh://me@a.example",
        address: "a.example",
        peerAddress: "10.0.0.1",
        datacenter: "east",
        weight: 4,
        consulServers: [3, 1],
      },
    },
    "flotilla:consul": {
      servers: 3,
      port: 8600,
      peerPort: 8400,
      image: "consul:1",
      cpus: 0.25,
      memory: "1.5g",
    },
    "flotilla:loadBalancers": {
      count: 1,
      max: 2,
      port: 80,
      peerPort: 7444,
      statsPort: 7000,
      ipv6: true,
      drain: 7200,
      stopGrace: 90,
      trustedProxies: ["10.0.0.0/8", "::1"],
      maxConnectionsPerClient: 0,
      cpus: 2,
      memory: "96m",
    },
    "flotilla:registry": { address: "registry.example.com", username: "me", password: "hunter2" },
    "flotilla:services": {
      web: {
        image: "nginx:1.29",
        pin: false,
        replicas: 0,
        port: 80,
        health: {
          type: "http",
          path: "/up?full=1",
          method: "GET",
          host: "shop.example",
          interval: 0.5,
          checkTimeout: 2.5,
          timeout: 10,
        },
        env: { ZONE: 1, DEBUG: true, PORT: 80 },
        secrets: { TOKEN: "hunter2", PIN: 1234 },
        command: ["nginx", "-g", "daemon off;"],
        entrypoint: ["/entry", "--now"],
        workingDir: "/srv/my files",
        user: 1000,
        init: true,
        capabilities: { add: ["CAP_SYS_TIME", "net_raw"], drop: ["all"] },
        noNewPrivileges: false,
        readOnly: true,
        tmpfs: ["/tmp", { path: "/run", size: "1.5g" }, "/cache:size=64m"],
        shmSize: "128m",
        ulimits: { nofile: { soft: 1024, hard: 2048 }, core: -1 },
        extraHosts: ["db.example:10.0.0.5", "host.docker.internal=host-gateway"],
        cpus: 0.1,
        memory: "128m",
        volumes: [
          { name: "data", path: "/data" },
          { name: "data", path: "/ro", readOnly: true },
        ],
        movedFrom: "shop",
        logs: { maxSize: "1.5g" },
        drain: 0,
        stopGrace: 30,
        rollout: { order: "stop-first", surge: 2, settle: 0 },
        load: { concurrency: 20, queue: 40, wait: 0.5 },
        timeouts: { body: 30, request: 90, idle: 600, tunnel: 7200 },
        sessions: true,
        route: { host: "*.Example.com", path: "/shop" },
        default: true,
        publish: 3000,
        hosts: ["b", "a"],
      },
      api: {
        build: { context: "examples/simple-server", dockerfile: "Dockerfile", args: { VERSION: 2 } },
        port: 9,
        route: { host: ["a.example", "B.example"], path: "/api" },
        hosts: ["b"],
      },
    },
    "docker:host": "ssh://elsewhere",
  };
  const settings = await inScratchProject(() => {
    const file = fileWith(config, (path) => ["password", "secrets"].some((place) => path.includes(place)));
    writeFileSync("Pulumi.dev.yaml", file);
    mkdirSync("certs");
    for (const name of ["ca.pem", "cert.pem", "key.pem"]) writeFileSync(`certs/${name}`, "");
    return read(config, ["flotilla:registry", "flotilla:services"]);
  });
  expect(warn).not.toHaveBeenCalled();
  expect(settings).toStrictEqual({
    stack: "dev",
    protect: true,
    jobs: [],
    network: { subnet: "10.20.0.0/20", controlSubnet: "10.20.16.0/25" },
    hosts: [
      {
        key: "a",
        docker: "ssh://me@a.example",
        address: "a.example",
        peerAddress: "10.0.0.1",
        datacenter: "east",
        weight: 4,
        state: "active",
        consulServers: [1, 3],
        placesServers: true,
      },
      {
        key: "b",
        docker: { host: "tcp://10.0.0.2:2376", tls: "certs" },
        address: "b.example",
        peerAddress: "10.0.0.2",
        datacenter: "east",
        weight: 1,
        state: "away",
        consulServers: [2],
        placesServers: true,
      },
    ],
    consul: { servers: 3, port: 8600, peerPort: 8400, image: "consul:1", cpus: "0.25", memory: 1536 },
    loadBalancers: {
      count: 1,
      max: 2,
      port: 80,
      peerPort: 7444,
      statsPort: 7000,
      ipv6: true,
      drain: 7200,
      stopGrace: 90,
      trustedProxies: ["10.0.0.0/8", "::1"],
      maxConnectionsPerClient: 0,
      cpus: "2",
      memory: 96,
    },
    registry: { address: "registry.example.com", username: "me", password: "hunter2" },
    services: [
      {
        ...simpleServer,
        rollout: { order: "start-first", surge: 1, settle: 3 },
        name: "api",
        source: {
          kind: "build",
          context: "examples/simple-server",
          dockerfile: "Dockerfile",
          args: { VERSION: "2" },
        },
        replicas: 1,
        replicasPer: "host",
        protocol: "http",
        balance: "leastconn",
        locality: "any",
        requires: [],
        port: 9,
        health: {
          type: "http",
          path: "/",
          method: "GET",
          host: "localhost",
          interval: 1,
          checkTimeout: 1,
          timeout: 60,
        },
        env: { PORT: "9" },
        route: { host: ["a.example", "b.example"], path: "/api" },
        default: false,
        hosts: ["b"],
        failover: ["east"],
      },
      {
        name: "web",
        source: { kind: "image", image: "nginx:1.29", pin: false },
        replicas: 0,
        replicasPer: "host",
        protocol: "http",
        balance: "leastconn",
        locality: "any",
        requires: [],
        port: 80,
        health: {
          type: "http",
          path: "/up?full=1",
          method: "GET",
          host: "shop.example",
          interval: 0.5,
          checkTimeout: 2.5,
          timeout: 10,
        },
        env: { DEBUG: "true", PORT: "80", ZONE: "1" },
        secrets: { PIN: "1234", TOKEN: "hunter2" },
        command: ["nginx", "-g", "daemon off;"],
        entrypoint: ["/entry", "--now"],
        workingDir: "/srv/my files",
        user: "1000",
        init: true,
        capabilities: { add: ["CAP_SYS_TIME", "CAP_NET_RAW"], drop: ["ALL"] },
        noNewPrivileges: false,
        readOnly: true,
        tmpfs: [{ path: "/tmp" }, { path: "/run", size: 1536 }, { path: "/cache", size: 64 }],
        shmSize: 128,
        ulimits: { core: { soft: -1, hard: -1 }, nofile: { soft: 1024, hard: 2048 } },
        extraHosts: [
          { host: "db.example", ip: "10.0.0.5" },
          { host: "host.docker.internal", ip: "host-gateway" },
        ],
        cpus: "0.1",
        memory: 128,
        volumes: [
          {
            name: "data",
            path: "/data",
            readOnly: false,
            kind: "volume",
            options: {},
            perReplica: false,
            of: "shop",
          },
          {
            name: "data",
            path: "/ro",
            readOnly: true,
            kind: "volume",
            options: {},
            perReplica: false,
            of: "shop",
          },
        ],
        movedFrom: ["shop"],
        logs: { maxSize: 1536 },
        drain: 0,
        stopGrace: 30,
        rollout: { order: "stop-first", surge: 2, settle: 0 },
        load: { concurrency: 20, queue: 40, wait: 0.5 },
        timeouts: { body: 30, request: 90, idle: 600, tunnel: 7200 },
        sessions: true,
        route: { host: ["*.example.com"], path: "/shop" },
        default: true,
        publish: 3000,
        hosts: ["a", "b"],
        failover: ["east"],
      },
    ],
  });
});

test("maps of names keep a stable order", async () => {
  const env = { B: 1, a: 2, A: 3 };
  const { services } = await read({ "flotilla:services": { web: { image: "nginx", port: 1, env } } });
  expect(Object.keys(services[0]?.env ?? {})).toStrictEqual(["A", "B", "PORT", "a"]);
});

test("fewer balancers than the default, if there cannot be as many", async () => {
  expect((await read({ "flotilla:loadBalancers": { max: 1 } })).loadBalancers.count).toBe(1);
});

test("nothing of it can be changed", async () => {
  const settings = await read(readStackFile("prod"));
  const frozen = (value: unknown): boolean =>
    typeof value !== "object" ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  expect(frozen(settings)).toBe(true);
});

describe("the default service is", () => {
  const [plain, routed, published] = [{}, { route: { path: "/a" } }, { publish: 3000 }];
  test.each<[string, Record<string, object>, string | undefined]>([
    ["none of none", {}, undefined],
    ["the only one", { a: routed }, "a"],
    ["the only one, unless it says no", { a: { ...routed, default: false } }, undefined],
    ["the marked one of several", { a: published, b: { ...routed, default: true } }, "b"],
    ["the only one that nothing else leads to", { a: routed, b: plain, c: published }, "b"],
    ["none, if something leads to each", { a: routed, b: published }, undefined],
  ])("%s", async (_, values, name) => {
    const services = Object.fromEntries(
      Object.entries(values).map(([key, service]) => [key, { image: "nginx", port: 80, ...service }]),
    );
    const settings = await read({ "flotilla:services": services });
    expect(settings.services.find((service) => service.default)?.name).toBe(name);
  });
});

test("faults come as one error with a head, a line each and a way out", async () => {
  const services = { web: { build: "./examples", replicas: -1, port: 80 } };
  const result = read({ "flotilla:services": services, "flotilla:consul": { servers: 2 } });
  await expect(result).rejects.toThrow(pulumi.RunError);
  await expect(result).rejects.toThrow(
    new Error(
      [
        "Config of stack dev has 3 faults:",
        "  flotilla:consul.servers: must be 1, 3, 5 or 7: a quorum needs an odd number, got 2",
        "  flotilla:services.web.replicas: must be a whole number from 0 to 500, got -1",
        '  flotilla:services.web.build: must be a folder with a Dockerfile at "Dockerfile" in it, got "./examples"',
        "Put right in Pulumi.dev.yaml, or with commands such as pulumi config set --path 'flotilla:consul.servers' <value>",
      ].join("\n"),
    ),
  );
});

test("a secret in plain text is a fault, an encrypted one is none", async () => {
  const config = {
    "flotilla:services": { web: { image: "nginx", port: 80, secrets: { TOKEN: "hunter2" } } },
  };
  await expect(read(config)).rejects.toThrow("flotilla:services.web.secrets.TOKEN: must be stored encrypted");
  await expect(read(config, ["flotilla:registry"])).rejects.toThrow("must be stored encrypted");
  const settings = await read(config, ["flotilla:services"]);
  expect(settings.services[0]?.secrets).toStrictEqual({ TOKEN: "hunter2" });
  expect(warn).toHaveBeenCalledWith(
    "The config is not that of Pulumi.dev.yaml, so nothing tells which values of flotilla:services are encrypted: none of them is checked for secrets in plain text, and every environment counts as secret.",
  );
});

test.each([
  ["25%", 10, 3],
  ["1%", 4, 1],
  ["100%", 0, 1],
  [3, 10, 3],
])("a surge of %s with %i replicas is %i at once", async (surge, replicas, atOnce) => {
  const web = { image: "nginx", port: 1, replicas, rollout: { surge } };
  const { services } = await read({ "flotilla:services": { web } });
  expect(services[0]?.rollout.surge).toBe(atOnce);
});

test("a version without a letter is one, though Pulumi makes a number of it", async () => {
  const web = { build: "examples/simple-server", port: 1, version: 12345678901 };
  const { services } = await read({ "flotilla:services": { web } });
  expect(services[0]?.source).toMatchObject({ version: "012345678901" });
});
