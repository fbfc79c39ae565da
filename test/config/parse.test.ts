import { faultsOf } from "../support/faults-of.ts";

const web = { image: "nginx", port: 80 };
const serviceKeys =
  "build, version, image, pin, replicas, replicasPer, maxPerHost, port, protocol, balance, locality, health, env, secrets, command, entrypoint, workingDir, user, init, capabilities, noNewPrivileges, readOnly, tmpfs, shmSize, ulimits, extraHosts, cpus, memory, volumes, movedFrom, logs, drain, stopGrace, rollout, load, timeouts, sessions, route, default, publish, provides, requires, hosts, failover";
const nameRule =
  "must have a name of at most 24 lower-case letters, digits and single dashes, a letter first";
const portRule = "must be a whole number from 1 to 65535";
const noWay = "must have a route or a publish port, since it is not the default service, got neither";
const surgeRule = 'must be a whole number from 1 to 500, or a percentage from "1%" to "100%"';
const capabilityRule = 'must be "ALL" or one that Linux has, such as NET_ADMIN';
const userRule = 'must be a user or user:group, by names or by numbers below 2147483648, such as "1000:1000"';
const ulimitRule = "must be a whole number, or { soft, hard } of such with soft at most hard; -1 is no limit";
const extraHostRule =
  'must be host:address, such as "db.example.com:10.0.0.5", with an IPv4 address or host-gateway';
const twoHosts = { a: { address: "10.0.0.1" }, b: { docker: "ssh://b", address: "10.0.0.2" } };
const exactlyOne = "must have exactly one of build (a folder with a Dockerfile) and image";

describe("sections", () => {
  test.each<[Record<string, unknown>, string]>([
    [{ protect: "yes" }, 'protect: must be true or false, got "yes"'],
    [{ protect: "" }, 'protect: must be true or false, got ""'],
    [{ protect: "1" }, "protect: must be true or false, got 1"],
    [
      { service: {} },
      "service: is no known key; allowed here: protect, network, hosts, consul, loadBalancers, registry, services, jobs, backups",
    ],
    [{ hosts: "abc" }, 'hosts: must be a map of host keys to hosts, got "abc"'],
    [{ hosts: '{"a":' }, 'hosts: must be a map of host keys to hosts, got "{\\"a\\":"'],
    [{ hosts: [] }, "hosts: must be a map of host keys to hosts, got an empty list"],
    [{ hosts: {} }, "hosts: must name at least one host, got an empty map"],
    [{ hosts: { A: {} } }, `hosts.A: ${nameRule}, got "A"`],
    [{ hosts: { "a.b": {} } }, `hosts["a.b"]: ${nameRule}, got "a.b"`],
    [
      { hosts: { a: 1 } },
      "hosts.a: must be a map (keys: docker, tls, insecure, address, peerAddress, datacenter, zone, weight, state, consulServers), got 1",
    ],
    [{ hosts: { a: { weight: 0 } } }, "hosts.a.weight: must be a whole number from 1 to 100, got 0"],
    [{ hosts: { a: { weight: 1.5 } } }, "hosts.a.weight: must be a whole number from 1 to 100, got 1.5"],
    [
      { hosts: { a: { docker: "docker.sock" } } },
      'hosts.a.docker: must be unix:///path, ssh://[user@]host[:port] or tcp://host:port, got "docker.sock"',
    ],
    ...["a b", "[::1]", "fe80::1%eth0"].map((address): [Record<string, unknown>, string] => [
      { hosts: { a: { address } } },
      `hosts.a.address: must be an IP address without a zone, or a DNS name, got "${address}"`,
    ]),
    ...["", "a.example", "::1", "127.0.0.1", "0.0.0.0", "224.0.0.1", "10.0.0.1/32"].map(
      (peerAddress): [Record<string, unknown>, string] => [
        { hosts: { a: { peerAddress } } },
        `hosts.a.peerAddress: must be an IPv4 address, neither loopback nor multicast, got "${peerAddress}"`,
      ],
    ),
    [
      { hosts: { a: { datacenter: "DC" } } },
      'hosts.a.datacenter: must be lower-case letters, digits, - and _, got "DC"',
    ],
    [
      { hosts: { a: { consulServers: 1 } } },
      "hosts.a.consulServers: must be a list of numbers of Consul servers, got 1",
    ],
    [
      { hosts: { a: { consulServers: [31] } } },
      "hosts.a.consulServers[0]: must be a whole number from 1 to 30, got 31",
    ],
    [{ hosts: { a: { state: "gone" } } }, 'hosts.a.state: must be "active", "drained" or "away", got "gone"'],
    [{ hosts: { a: { state: "away" } } }, 'hosts.a.state: must be "active" on one host at least, got "away"'],
    [
      { hosts: { a: { consulServers: [0] } } },
      "hosts.a.consulServers[0]: must be a whole number from 1 to 30, got 0",
    ],
    [
      { network: { subnet: "172.30.0.1/16" } },
      'network.subnet: must be an IPv4 network with a prefix from 8 to 28 and no host bits set, neither loopback nor multicast, such as 172.30.0.0/16, got "172.30.0.1/16"',
    ],
    [{ network: { mtu: 1 } }, "network.mtu: is no known key; allowed here: subnet, controlSubnet"],
    [
      { network: { driver: "overlay" } },
      "network.driver: is no known key; allowed here: subnet, controlSubnet",
    ],
    [{ consul: { servers: 4 } }, "consul.servers: must be 1, 3, 5 or 7: a quorum needs an odd number, got 4"],
    [{ consul: { servers: 0 } }, "consul.servers: must be 1, 3, 5 or 7: a quorum needs an odd number, got 0"],
    [
      { consul: { servers: "3" } },
      'consul.servers: must be 1, 3, 5 or 7: a quorum needs an odd number, got "3"',
    ],
    [{ consul: { port: 0 } }, `consul.port: ${portRule}, got 0`],
    [
      { consul: { port: 65534 } },
      "consul.port: must be a whole number from 1 to 65533, so that Consul server 3 finds port + 2, got 65534",
    ],
    [{ consul: { peerPort: 0 } }, `consul.peerPort: ${portRule}, got 0`],
    [{ consul: { peerPort: 65536 } }, `consul.peerPort: ${portRule}, got 65536`],
    [{ consul: { peerPort: "8300" } }, `consul.peerPort: ${portRule}, got "8300"`],
    [
      { hosts: twoHosts, consul: { peerPort: 65529 } },
      "consul.peerPort: must be a whole number from 1 to 65528, so that Consul server 3 for the other hosts finds port + 7, got 65529",
    ],
    [{ consul: { cpus: 0 } }, "consul.cpus: must be a number from 0.01 to 512, got 0"],
    [
      { consul: { memory: 256 } },
      'consul.memory: must be a size from "64m" to "64t", such as "256m" or "1.5g", got 256',
    ],
    [
      { consul: { memory: "63m" } },
      'consul.memory: must be a size from "64m" to "64t", such as "256m" or "1.5g", got "63m"',
    ],
    [
      { loadBalancers: { memory: "95m" } },
      'loadBalancers.memory: must be a size from "96m" to "64t", such as "256m" or "1.5g", got "95m"',
    ],
    [
      { loadBalancers: { trustedProxies: "10.0.0.0/8" } },
      'loadBalancers.trustedProxies: must be a list of IP addresses and blocks of them, got "10.0.0.0/8"',
    ],
    [
      { loadBalancers: { trustedProxies: ["::1", "10.0.0.0/33"] } },
      'loadBalancers.trustedProxies[1]: must be an IP address or a block of them, such as 10.0.0.0/8, got "10.0.0.0/33"',
    ],
    [
      { loadBalancers: { maxConnectionsPerClient: -1 } },
      "loadBalancers.maxConnectionsPerClient: must be a whole number from 0 to 1000000, got -1",
    ],
    [{ loadBalancers: { count: 0 } }, "loadBalancers.count: must be a whole number from 1 to 16, got 0"],
    [
      { loadBalancers: { count: 5 } },
      "loadBalancers.count: must be a whole number from 1 to 4 (loadBalancers.max), got 5: raise loadBalancers.max, which replaces the container that publishes the ports (a short outage)",
    ],
    [{ loadBalancers: { max: 17 } }, "loadBalancers.max: must be a whole number from 1 to 16, got 17"],
    [
      { loadBalancers: { port: 65200 } },
      "loadBalancers.port: must be a whole number from 1 to 65131, so that balancer 4 finds port + 404, got 65200",
    ],
    [{ loadBalancers: { peerPort: 0 } }, `loadBalancers.peerPort: ${portRule}, got 0`],
    [{ loadBalancers: { peerPort: 65536 } }, `loadBalancers.peerPort: ${portRule}, got 65536`],
    [
      { loadBalancers: { statsPort: 65535, max: 2 } },
      "loadBalancers.statsPort: must be a whole number from 1 to 65533, so that the statistics page of balancer 2 finds port + 2, got 65535",
    ],
    [
      { registry: {} },
      "registry.address: must be a registry's host[:port][/path], without a scheme, got nothing",
    ],
    [
      { registry: { address: "https://r.example" } },
      'registry.address: must be a registry\'s host[:port][/path], without a scheme, got "https://r.example"',
    ],
    [
      { registry: { address: "r.example", username: "me" } },
      "registry.password: must be given, since registry.username is, got nothing",
    ],
    [
      { registry: { address: "r.example", username: "me", password: "hunter2" } },
      "registry.password: must be stored encrypted, got plain text: pulumi config set --secret --path 'flotilla:registry.password'",
    ],
  ])("%j", (config, line) => {
    expect(faultsOf(config)).toStrictEqual([`flotilla:${line}`]);
  });
});

test.each([
  ["a port of Consul that no one host needs", { consul: { peerPort: 65_535 } }],
  ["the last of Consul's for several hosts", { hosts: twoHosts, consul: { peerPort: 65_528 } }],
  ["the first and the last port", { consul: { peerPort: 1 }, loadBalancers: { peerPort: 65_535 } }],
  ["an address of a single host that others could not reach", { hosts: { a: { address: "::1" } } }],
])("good: %s", (_, config) => {
  expect(faultsOf(config)).toStrictEqual([]);
});

describe("one service", () => {
  test.each<[Record<string, unknown>, string]>([
    [{ replica: 1 }, `.replica: is no known key; allowed here: ${serviceKeys}`],
    [{ image: undefined }, `: ${exactlyOne}, got neither`],
    [{ build: "app" }, `: ${exactlyOne}, got both`],
    [{ image: "Nginx" }, '.image: must be an image reference, such as nginx:1.29, got "Nginx"'],
    [{ build: "", image: undefined }, '.build: must be a folder, relative to the project, got ""'],
    [
      { build: "none", image: undefined },
      '.build: must be a folder that exists, relative to the project, got "none"',
    ],
    [
      { build: { context: "a.txt" }, image: undefined },
      '.build.context: must be a folder that exists, relative to the project, got "a.txt"',
    ],
    [
      { build: { context: "app", dockerfile: "Other" }, image: undefined },
      '.build.context: must be a folder with a Dockerfile at "Other" in it, got "app"',
    ],
    [
      { build: { context: "app", dockerfile: "../Dockerfile" }, image: undefined },
      '.build.dockerfile: must be a path inside the build\'s folder, got "../Dockerfile"',
    ],
    [
      { build: { context: "app", args: { A: [] } }, image: undefined },
      ".build.args.A: must be a text, a number, true or false, got an empty list",
    ],
    [
      { build: {}, image: undefined },
      ".build.context: must be a folder, relative to the project, got nothing",
    ],
    [
      { build: [], image: undefined },
      ".build: must be a map (keys: context, dockerfile, args), got an empty list",
    ],
    [{ replicas: -1 }, ".replicas: must be a whole number from 0 to 500, got -1"],
    [{ replicas: 1.5 }, ".replicas: must be a whole number from 0 to 500, got 1.5"],
    [{ replicas: "4" }, '.replicas: must be a whole number from 0 to 500, got "4"'],
    [{ replicas: null }, ".replicas: must be a whole number from 0 to 500, got nothing"],
    [{ port: null }, `.port: ${portRule}, got nothing`],
    [{ port: 65536 }, `.port: ${portRule}, got 65536`],
    [
      { health: "/" },
      '.health: must be a map (keys: type, path, method, host, send, expect, interval, checkTimeout, timeout), got "/"',
    ],
    [
      { health: { type: "grpc" } },
      '.health.type: must be "http", "tcp", "redis", "postgres" or "mysql", got "grpc"',
    ],
    [
      { health: { path: "up" } },
      '.health.path: must be a path that starts with "/", of at most 255 characters as URLs have them (others as %XX), without "#", got "up"',
    ],
    [{ health: { interval: 0.1 } }, ".health.interval: must be a number from 0.2 to 60, got 0.1"],
    [{ health: { timeout: 0 } }, ".health.timeout: must be a whole number from 1 to 3600, got 0"],
    [{ env: ["A=1"] }, ".env: must be a map of names to values, got a list"],
    [{ env: { "": 1 } }, ".env: must have names of at least one character, without = and NUL"],
    [{ env: { "A=hunter2": 1 } }, ".env: must have names of at least one character, without = and NUL"],
    [{ env: { "A\0": 1 } }, ".env: must have names of at least one character, without = and NUL"],
    [
      { env: { A: "hunter2\0" } },
      ".env.A: must be a text without NUL characters, got a text that is not shown",
    ],
    [
      { build: { context: "app", args: { "A-B": 1 } }, image: undefined },
      ".build.args: must have names of letters, digits and _, no digit first",
    ],
    [{ env: { A: {} } }, ".env.A: must be a text, a number, true or false, got an empty map"],
    [{ env: { PORT: 81 } }, ".env.PORT: must be the service's port, 80, or left out"],
    [{ command: "run" }, ".command: must be a list of texts, got a text that is not shown"],
    [{ command: [""] }, ".command: must begin with a program, not with an empty text, got a list"],
    [
      { command: ["sh", "hunter2\0"] },
      ".command[1]: must be a text without NUL characters, in quotes where it looks like a number, got a text that is not shown",
    ],
    [{ command: [] }, ".command: must be a list of at least one text, got an empty list"],
    [
      { command: ["sleep", 60] },
      ".command[1]: must be a text without NUL characters, in quotes where it looks like a number, got a number that is not shown",
    ],
    [{ entrypoint: "run" }, ".entrypoint: must be a list of texts, got a text that is not shown"],
    [{ entrypoint: [""] }, ".entrypoint: must begin with a program, not with an empty text, got a list"],
    ...["srv", "/srv/", "/srv/../etc", ""].map((workingDir): [Record<string, unknown>, string] => [
      { workingDir },
      `.workingDir: must be an absolute path in the container, in its shortest form, got "${workingDir}"`,
    ]),
    ...["", ":", "me:", ":us", "a b", "1000:1000:1000", "-1", "2147483648", "1:2147483648"].map(
      (user): [Record<string, unknown>, string] => [{ user }, `.user: ${userRule}, got "${user}"`],
    ),
    [{ user: 1.5 }, `.user: ${userRule}, got 1.5`],
    [{ init: "yes" }, '.init: must be true or false, got "yes"'],
    [{ capabilities: [] }, ".capabilities: must be a map (keys: add, drop), got an empty list"],
    [{ capabilities: { drop: "ALL" } }, '.capabilities.drop: must be a list of capabilities, got "ALL"'],
    [{ capabilities: { add: ["PING"] } }, `.capabilities.add[0]: ${capabilityRule}, got "PING"`],
    [{ capabilities: { drop: ["CAP_ALL_"] } }, `.capabilities.drop[0]: ${capabilityRule}, got "CAP_ALL_"`],
    [{ noNewPrivileges: 0 }, ".noNewPrivileges: must be true or false, got 0"],
    [{ readOnly: "no" }, '.readOnly: must be true or false, got "no"'],
    [{ tmpfs: {} }, ".tmpfs: must be a list of paths, got an empty map"],
    [
      { tmpfs: "/" },
      '.tmpfs: must be an absolute path in the container other than "/", in its shortest form, got "/"',
    ],
    [
      { tmpfs: ["/a:mode=1777"] },
      '.tmpfs[0]: must be an absolute path in the container other than "/", in its shortest form, got "/a:mode=1777"',
    ],
    [
      {
        tmpfs: [
          { path: "/a", size: "1k" },
          { path: "/b", size: 64 },
        ],
      },
      '.tmpfs[1].size: must be a size from "1m" to "64t", such as "256m" or "1.5g", got 64',
    ],
    [{ tmpfs: [{ path: "/a", mode: 777 }] }, ".tmpfs[0].mode: is no known key; allowed here: path, size"],
    [
      { shmSize: "64 miles" },
      '.shmSize: must be a size from "1m" to "64t", such as "256m" or "1.5g", got "64 miles"',
    ],
    [{ ulimits: 1024 }, ".ulimits: must be a map of limits' names to numbers, got 1024"],
    [
      { ulimits: { files: 1024 } },
      '.ulimits.files: must have names of limits (core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack), got "files"',
    ],
    [{ ulimits: { core: -2 } }, `.ulimits.core: ${ulimitRule}, got -2`],
    [{ ulimits: { nofile: "1024" } }, `.ulimits.nofile: ${ulimitRule}, got "1024"`],
    [{ ulimits: { nofile: { soft: 1 } } }, `.ulimits.nofile: ${ulimitRule}, got a map`],
    [{ ulimits: { nofile: { soft: 2, hard: 1 } } }, `.ulimits.nofile: ${ulimitRule}, got a map`],
    [{ ulimits: { core: { soft: -1, hard: 1 } } }, `.ulimits.core: ${ulimitRule}, got a map`],
    [{ extraHosts: { a: "10.0.0.1" } }, ".extraHosts: must be a list of texts, got a map"],
    ...["db", "db:", ":10.0.0.5", "db:10.0.0.256", "db:::1", "d_b:10.0.0.5", "db:elsewhere"].map(
      (host): [Record<string, unknown>, string] => [
        { extraHosts: [host] },
        `.extraHosts[0]: ${extraHostRule}, got "${host}"`,
      ],
    ),
    [{ cpus: "1" }, '.cpus: must be a number from 0.01 to 512, got "1"'],
    [
      { memory: "1 pint" },
      '.memory: must be a size from "6m" to "64t", such as "256m" or "1.5g", got "1 pint"',
    ],
    [
      { volumes: [{ name: "-", path: "/data" }] },
      '.volumes[0].name: must be a volume name: letters, digits, _, . and -, at most 64, a letter or digit first, got "-"',
    ],
    [
      { volumes: [{ name: "data", path: "/" }] },
      '.volumes[0].path: must be an absolute path in the container other than "/", in its shortest form, got "/"',
    ],
    [
      {
        volumes: [
          { name: "a", path: "/data" },
          { name: "b", path: "/data" },
        ],
      },
      '.volumes[1].path: must not be the path of another volume of the service, got "/data"',
    ],
    ...["/proc", "/sys/fs", "/dev/shm", "/etc/hosts", "/etc/resolv.conf", "/var/log/flotilla"].map(
      (path): [Record<string, unknown>, string] => [
        { volumes: [{ name: "a", path }] },
        `.volumes[0].path: must not be a place where every container has something mounted already, got "${path}"`,
      ],
    ),
    [
      { logs: { maxSize: 100 } },
      '.logs.maxSize: must be a size from "1m" to "64t", such as "256m" or "1.5g", got 100',
    ],
    [
      { volumes: [{ name: "a", path: "/data", readOnly: "yes" }] },
      '.volumes[0].readOnly: must be true or false, got "yes"',
    ],
    [{ drain: 3601 }, ".drain: must be a whole number from 0 to 3600, got 3601"],
    [{ stopGrace: -1 }, ".stopGrace: must be a whole number from 0 to 3600, got -1"],
    [
      { version: "0123456789ab" },
      '.version: must stand beside build, since an image brings its own tag, got "0123456789ab"',
    ],
    [
      { version: "latest" },
      '.version: must be the tag of an image that was built before, 12 hexadecimal digits, got "latest"',
    ],
    [{ rollout: { surge: 0 } }, `.rollout.surge: ${surgeRule}, got 0`],
    [{ rollout: { surge: 1.5 } }, `.rollout.surge: ${surgeRule}, got 1.5`],
    [{ rollout: { surge: "101%" } }, `.rollout.surge: ${surgeRule}, got "101%"`],
    [{ rollout: { settle: 601 } }, ".rollout.settle: must be a number from 0 to 600, got 601"],
    [{ rollout: { pause: 1 } }, ".rollout.pause: is no known key; allowed here: order, surge, settle"],
    [{ rollout: { order: "stop" } }, '.rollout.order: must be "start-first" or "stop-first", got "stop"'],
    [{ load: { concurrency: 0 } }, ".load.concurrency: must be a whole number from 1 to 100000, got 0"],
    [{ load: { queue: -1 } }, ".load.queue: must be a whole number from 0 to 100000, got -1"],
    [{ load: { wait: 0 } }, ".load.wait: must be a number from 0.1 to 600, got 0"],
    [{ route: {} }, ".route: must have a host, a path or both, got neither"],
    [{ route: { host: [] } }, ".route.host: must be a list of at least one DNS name, got an empty list"],
    [{ route: { host: "*.*.a" } }, '.route.host: must be a DNS name, which may start with "*.", got "*.*.a"'],
    [
      { route: { path: "/api/" } },
      '.route.path: must be a path that starts with "/" and does not end with one, of letters, digits and ._~%+@:,=-, got "/api/"',
    ],
    [{ default: "true" }, '.default: must be true or false, got "true"'],
    [{ default: false }, `: ${noWay}`],
    [
      { publish: 3000, health: { type: "tcp" } },
      '.publish: must not be given with health.type "tcp" unless protocol is "tcp", too, since balancers speak HTTP on that port, got 3000',
    ],
    [{ publish: 0 }, `.publish: ${portRule}, got 0`],
    [{ hosts: [] }, ".hosts: must list at least one host, got an empty list"],
    [{ hosts: ["a"] }, '.hosts[0]: must be one of the hosts (local), got "a"'],
    [{ hosts: ["local", "local"] }, '.hosts[1]: must not be listed twice, got "local" again'],
  ])("%j", (values, line) => {
    expect(faultsOf({ services: { web: { ...web, ...values } } })).toStrictEqual([
      `flotilla:services.web${line}`,
    ]);
  });

  test.each([
    ["Web", `${nameRule}, got "Web"`],
    [
      "consul",
      "must not be named agent, backup, balancer, consul, front, herald, keeper, log-keeper, logs, mover, scratch, volumes or warden, which Flotilla needs itself",
    ],
  ])("named %s", (name, message) => {
    expect(faultsOf({ services: { [name]: web } })).toStrictEqual([`flotilla:services.${name}: ${message}`]);
  });
});

test("all faults are told at once, and none that only follows from another", () => {
  const config = {
    protect: "no",
    hosts: { a: { docker: "nowhere", consulServers: [1, 2, 3, 4] } },
    consul: { servers: 2 },
    loadBalancers: { port: "8080", count: 9, max: 8 },
    services: {
      Api: { image: "api", replicas: "2", hosts: ["a", "b"] },
      web: { build: "none", port: 80, default: "yes", env: { PORT: 81 }, volumes: [{ name: "v" }] },
    },
  };
  expect(faultsOf(config)).toStrictEqual([
    'flotilla:protect: must be true or false, got "no"',
    'flotilla:hosts.a.docker: must be unix:///path, ssh://[user@]host[:port] or tcp://host:port, got "nowhere"',
    "flotilla:consul.servers: must be 1, 3, 5 or 7: a quorum needs an odd number, got 2",
    `flotilla:loadBalancers.port: ${portRule}, got "8080"`,
    'flotilla:services.Api.replicas: must be a whole number from 0 to 500, got "2"',
    'flotilla:services.web.volumes[0].path: must be an absolute path in the container other than "/", in its shortest form, got nothing',
    'flotilla:services.web.default: must be true or false, got "yes"',
    `flotilla:services.Api: ${nameRule}, got "Api"`,
    'flotilla:services.Api.hosts[1]: must be one of the hosts (a), got "b"',
    'flotilla:services.web.build: must be a folder that exists, relative to the project, got "none"',
    "flotilla:services.web.env.PORT: must be the service's port, 80, or left out",
    "flotilla:loadBalancers.count: must be a whole number from 1 to 8 (loadBalancers.max), got 9: raise loadBalancers.max, which replaces the container that publishes the ports (a short outage)",
  ]);
});

test("no line is long for a name that is", () => {
  const long = "x".repeat(300);
  const config = {
    [long]: 1,
    hosts: { [long]: { docker: long } },
    services: {
      [long]: { ...web, [long]: 1, image: long, env: { [long]: [] }, hosts: [long], route: { host: long } },
      [`${long}1`]: { ...web, default: true, route: { path: "/" } },
      [`${long}2`]: { ...web, default: true, route: { path: "/" } },
    },
  };
  const faults = faultsOf(config, { stack: long });
  expect(faults.length).toBeGreaterThan(11);
  expect(faults.filter((line) => line.includes("x".repeat(81)))).toStrictEqual([]);
});
