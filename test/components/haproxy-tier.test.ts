import * as pulumi from "@pulumi/pulumi";
import { ConsulAgent } from "../../components/consul-agent.ts";
import { Credentials } from "../../components/credentials.ts";
import { HaproxyTier } from "../../components/haproxy-tier.ts";
import { RoutingTable } from "../../components/routing-table.ts";
import { authorityOf, certificateOf } from "../../lib/certificates.ts";
import { renderFile } from "../../lib/render.ts";
import { routingTable } from "../../lib/routes.ts";
import { deploy, find, idsBelow, type Registered } from "../support/deploy.ts";
import { fixture } from "../support/fixture.ts";
import { dockerHosts } from "../support/hosts.ts";
import { remember } from "../support/remember.ts";
import { scopeOf } from "../support/routes-scope.ts";
import { secrets } from "../support/secrets.ts";
import { settingsFrom } from "../support/settings-from.ts";

/** Hosts with their balancers, and the routing table. */
const run = remember(({ isFresh = false, ...config }: Record<string, unknown>): Promise<Registered[]> => {
  const settings = settingsFrom(config);
  const { services } = settings;
  return deploy(() => {
    const credentials = new Credentials("credentials", settings);
    const cluster = { identity: pulumi.output("identity") };
    const balancerHosts = dockerHosts(settings);
    const [entry] = balancerHosts.map((host) => {
      const opts = { providers: [host.provider] };
      const args = { ...settings, host, credentials, isFresh: isFresh === true };
      const agent = new ConsulAgent(`agent-${host.key}`, { ...args, after: [] }, opts);
      new HaproxyTier(`balancers-${host.key}`, { ...args, agent }, opts);
      return { ...args, agent };
    });
    if (entry) new RoutingTable("routes", { ...entry, cluster, services, balancerHosts });
  });
});

/** The template of the first balancer's HAProxy. */
const haproxyOf = (all: Registered[]) => {
  const uploads = find(all, "Container test--balancer--local--1").inputs.uploads as { content: string }[];
  return uploads[2]?.content ?? "";
};

const ofSize = (count: number) => run({ loadBalancers: { count } });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const labels = (role: string) => [
  { label: "flotilla.host", value: "local" },
  { label: "flotilla.role", value: role },
  { label: "flotilla.stack", value: "test" },
];

test.each([1, 2, 4])("%i balancers", async (count) => {
  const all = await ofSize(count);
  expect(idsBelow(all, "HaproxyTier balancers-local")).toStrictEqual([
    "Command balancers-local-ready",
    ...numbers(count).map((i) => `Container test--balancer--local--${i}`),
    "Container test--front--local",
  ]);
  expect(find(all, "HaproxyTier balancers-local").outputs).toStrictEqual({
    url: "http://127.0.0.1:8080/",
    endpoints: numbers(count).map((i) => ({
      name: `test--balancer--local--${i}`,
      url: `http://127.0.0.1:${8080 + 101 * i}/`,
      statsUrl: `http://127.0.0.1:${9000 + i}/`,
    })),
  });
});

test("a host that is reached by an IPv6 address", async () => {
  const all = await run({ hosts: { local: { address: "2001:db8::7" } }, loadBalancers: { count: 1 } });
  expect(find(all, "HaproxyTier balancers-local").outputs).toMatchObject({
    url: "http://[2001:db8::7]:8080/",
    endpoints: [{ url: "http://[2001:db8::7]:8181/", statsUrl: "http://127.0.0.1:9001/" }],
  });
});

test("the whole of a balancer", async () => {
  const all = await run({
    loadBalancers: { cpus: 0.5, memory: "128m", trustedProxies: ["192.0.2.0/24", "2001:db8::1"] },
  });
  const { inputs, ...rest } = find(all, "Container test--balancer--local--2");
  expect(inputs).toStrictEqual({
    image: "sha256:local--balancer",
    labels: labels("balancer"),
    logDriver: "local",
    logOpts: { "max-file": "3", "max-size": "10m" },
    restart: "always",
    removeVolumes: true,
    capabilities: {
      adds: ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"],
      drops: ["ALL"],
    },
    securityOpts: ["no-new-privileges=true"],
    readOnly: false,
    cpus: "0.5",
    memory: 128,
    memorySwap: 128,
    networkMode: "container:test--front--local-id",
    uploads: [
      { file: "/etc/flotilla/balancer.env", content: fixture("balancer.env") },
      {
        file: "/etc/flotilla/consul-template.hcl",
        content: fixture("consul-template.hcl"),
        permissions: "0600",
      },
      {
        file: "/etc/flotilla/haproxy.cfg.ctmpl",
        content: renderFile("balancer/haproxy.cfg.ctmpl.mustache", {
          ports: [8080, 8282].map((port) => ({ inside: port, port })),
          statsPassword: secrets.statsPassword,
          node: "test--agent--local",
          peers: false,
          peerTcp: false,
          maxconn: 800,
          drain: 3600,
          trustedProxies: ["192.0.2.0/24", "2001:db8::1"],
          // Half of them.
          clients: { most: 400, room: 1600 },
        }),
        permissions: "0600",
      },
    ],
    volumes: [
      { volumeName: "test--logs", containerPath: "/var/log/flotilla" },
      { volumeName: "test--agent--local--socket", containerPath: "/run/consul", readOnly: true },
    ],
    destroyGraceSeconds: 60,
  });
  expect(rest).toMatchObject({
    provider: "local",
    secrets: ["uploads[1].content", "uploads[2].content"],
    secretOutputs: ["uploads"],
    // The new one runs beside the old.
    deleteBeforeReplace: false,
  });
  expect(rest.dependsOn).toStrictEqual(
    expect.arrayContaining(["Container agent-local", "Container local--logs"]),
  );
});

test("where nothing of the stack runs, balancers wait for no agent", async () => {
  const { dependsOn } = find(await run({ isFresh: true }), "Container test--balancer--local--1");
  expect(dependsOn).not.toContain("Container agent-local");
});

test("the whole of front, which publishes for all balancers there may ever be", async () => {
  const all = await run({
    loadBalancers: { count: 1, max: 2, port: 80, statsPort: 7000 },
    services: { web: { image: "web", port: 1, default: true }, db: { image: "db", port: 2, publish: 5432 } },
  });
  const { inputs, ...rest } = find(all, "Container test--front--local");
  expect(inputs).toStrictEqual({
    name: "test--front--local",
    image: "sha256:local--front",
    labels: labels("front"),
    logDriver: "local",
    logOpts: { "max-file": "3", "max-size": "10m" },
    restart: "always",
    removeVolumes: true,
    user: "65534:65534",
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges=true"],
    readOnly: true,
    networkMode: "test",
    ports: [
      { internal: 80, external: 80, ip: "0.0.0.0" },
      { internal: 181, external: 181, ip: "0.0.0.0" },
      { internal: 282, external: 282, ip: "0.0.0.0" },
      { internal: 5432, external: 5432, ip: "0.0.0.0" },
      { internal: 7001, external: 7001, ip: "127.0.0.1" },
      { internal: 7002, external: 7002, ip: "127.0.0.1" },
    ],
    sysctls: { "net.ipv4.tcp_migrate_req": "1" },
    destroyGraceSeconds: 1,
  });
  expect(rest).toMatchObject({ provider: "local", secrets: [], deleteBeforeReplace: true });
  // To replace it is to close the ports.
  const heeded = Object.keys(inputs).filter((input) => !rest.ignoreChanges.includes(input));
  expect(heeded.sort()).toStrictEqual(["name", "networkMode", "ports", "sysctls"]);
});

describe("several hosts", () => {
  const hosts = {
    local: { address: "10.0.0.1" },
    other: { docker: "tcp://other:2376", address: "b.example", peerAddress: "10.0.0.2" },
  };
  const services = {
    web: { image: "web", port: 1, default: true },
    db: { image: "db", port: 2, publish: 5432 },
  };
  const onTwo = (loadBalancers: Record<string, unknown> = {}) => run({ hosts, services, loadBalancers });
  const uploadsOf = (all: Registered[], host: string) =>
    find(all, `Container test--balancer--${host}--1`).inputs.uploads as {
      file: string;
      content: string;
      permissions?: string;
    }[];

  test.each(["local", "other"])(
    "balancers on %s know those of the other, and are known by them",
    async (key) => {
      const all = await onTwo();
      const [own, authority] = [
        certificateOf(secrets.authority, "*.balancer.flotilla", `balancers on ${key}`),
        authorityOf(secrets.authority),
      ];
      expect(uploadsOf(all, key).slice(3)).toStrictEqual([
        { file: "/etc/flotilla/authority.pem", content: authority.certificate },
        {
          file: "/etc/flotilla/peer.pem",
          content: `${own.certificate}${own.key}`,
          permissions: "0600",
        },
      ]);
      const { secrets: marked } = find(all, `Container test--balancer--${key}--1`);
      expect(marked).toStrictEqual(["uploads[1].content", "uploads[2].content", "uploads[4].content"]);
    },
  );

  test("each host's balancers have a key of their own, the same for all of them", async () => {
    const all = await onTwo();
    const pem = (id: string) => JSON.stringify(find(all, `Container test--balancer--${id}`).inputs.uploads);
    const own = (id: string) => /BEGIN PRIVATE KEY.*END PRIVATE KEY/.exec(pem(id))?.[0] ?? "";
    expect(own("local--1")).not.toBe("");
    expect(own("local--2")).toBe(own("local--1"));
    expect(own("other--1")).not.toBe(own("local--1"));
  });

  test.each([
    [{}, 7443],
    [{ peerPort: 443 }, 443],
  ])("with %j they speak to each other at port %i", async (loadBalancers, port) => {
    const all = await onTwo(loadBalancers);
    for (const key of ["local", "other"]) {
      expect(find(all, `Container test--front--${key}`).inputs.ports).toContainEqual({
        internal: port,
        external: port,
        ip: "0.0.0.0",
      });
      const haproxy = uploadsOf(all, key)[2]?.content ?? "";
      expect(haproxy.match(/^ {2}bind .* ssl .*$/gm)).toStrictEqual([
        `  bind :${port} ssl crt /etc/flotilla/peer.pem ca-file /etc/flotilla/authority.pem verify required ssl-min-ver TLSv1.3`,
      ]);
      expect(haproxy).toContain("http-request deny unless { ssl_c_s_dn(CN) *.balancer.flotilla }");
      // The name that is called tells what for; connections are not kept, and one that gets no receipt is over soon.
      expect(haproxy).toContain("check-sni check_{{ $name }}.balancer.flotilla");
      expect(haproxy).toContain('$tls := "tcp-ut 3s ssl ca-file /etc/flotilla/authority.pem');
      expect(haproxy).toContain(
        "  option srvtcpka\n  srvtcpka-idle 1s\n  srvtcpka-intvl 1s\n  srvtcpka-cnt 3\n",
      );
      // Copies that speak TCP and whether they are well; copies elsewhere, and those here where none there is well.
      expect(haproxy.match(/\.NodeAddress \}\}:\d+/g)).toStrictEqual(
        [port + 1, port, port, port].map((port) => `.NodeAddress }}:${port}`),
      );
      // By the agent with which a copy is registered they tell whose it is.
      expect(haproxy).toContain(`if eq .Node "test--agent--${key}"`);
    }
  });

  test("ports of front are in ascending order with it, too", async () => {
    const ports = find(await onTwo(), "Container test--front--other").inputs.ports as { internal: number }[];
    const inside = ports.map(({ internal }) => internal);
    expect(inside).toStrictEqual([5432, 7443, 8080, 8181, 8282, 8383, 8484, 9001, 9002, 9003, 9004]);
  });

  test("a single host has none of it, whatever is set for several", async () => {
    const config = (more: object) => ({ services, loadBalancers: { ipv6: true, ...more } });
    const [all, plain] = [await run(config({ peerPort: 443 })), await run(config({}))];
    expect(all).toStrictEqual(plain);
    expect(uploadsOf(all, "local")).toHaveLength(3);
    expect(haproxyOf(all)).not.toMatch(/ ssl |peer\.pem|authority\.pem|own\.peers|NodeAddress|<%/);
    const ports = find(all, "Container test--front--local").inputs.ports as { external: number }[];
    expect(ports.map(({ external }) => external)).not.toContain(7443);
  });

  test("the routing table is told once, of the balancers on all", async () => {
    const all = await onTwo({ count: 3 });
    const { docker, agent, balancerHosts, balancersPerHost, routes } = JSON.parse(
      String(find(all, "Command routes").inputs.stdin),
    );
    expect({ docker, agent, balancerHosts, balancersPerHost }).toStrictEqual({
      docker: "unix:///var/run/docker.sock",
      agent: "test--agent--local",
      balancerHosts: ["unix:///var/run/docker.sock", "tcp://other:2376"],
      balancersPerHost: 3,
    });
    const settings = settingsFrom({ hosts, services, loadBalancers: { count: 3 } });
    expect(routes).toStrictEqual(routingTable(settings.services, { ...settings, datacenter: "dc1" }));
  });
});

test("front on IPv6, too: each port leads to another one inside, at which balancers answer as well", async () => {
  const all = await run({
    loadBalancers: { count: 1, max: 1, port: 80, ipv6: true },
    services: { web: { image: "web", port: 1 } },
  });
  expect(find(all, "Container test--front--local").inputs.ports).toStrictEqual([
    { internal: 80, external: 80, ip: "0.0.0.0" },
    { internal: 181, external: 181, ip: "0.0.0.0" },
    { internal: 9001, external: 9001, ip: "127.0.0.1" },
    { internal: 32_848, external: 80, ip: "::" },
    { internal: 32_949, external: 181, ip: "::" },
  ]);
  // By the name the applications are told of the port that clients see.
  const bound = haproxyOf(all).match(/^ {2}bind :\d+ .*$/gm);
  expect(bound).toStrictEqual([
    "  bind :80 name 80",
    "  bind :32848 name 80",
    "  bind :181 name 181",
    "  bind :32949 name 181",
  ]);
});

test.each<[limit: number | undefined, memory: string | undefined, most: string[]]>([
  [undefined, undefined, ["1000"]],
  [50, undefined, ["50"]],
  [50, "96m", ["50"]],
  [undefined, "96m", ["240"]],
  [1_000_000, undefined, ["16384"]],
  [0, undefined, []],
])(
  "of a limit of %s connections per client, with memory %s, HAProxy is told %j",
  async (limit, memory, most) => {
    const loadBalancers = {
      ...(limit !== undefined && { maxConnectionsPerClient: limit }),
      ...(memory && { memory }),
    };
    const haproxy = haproxyOf(await run({ loadBalancers }));
    const told = [...haproxy.matchAll(/sc0_conn_cur gt (\d+)/g)].map(([, number]) => number);
    // By those who take HTTP, and those who take TCP.
    expect(told).toStrictEqual([...most, ...most]);
    expect(haproxy.includes("own.clients")).toBe(most.length > 0);
  },
);

test("those that are replaced wait for the new ones to answer", async () => {
  const ready = find(await ofSize(2), "Command balancers-local-ready");
  const { stdin, ...inputs } = ready.inputs;
  expect(inputs).toStrictEqual({
    create: "exec node commands/balancers-ready.ts",
    update: "exec node commands/balancers-ready.ts",
    logging: "stderr",
    addPreviousOutputInEnv: false,
  });
  expect(JSON.parse(String(stdin))).toStrictEqual({
    docker: "unix:///var/run/docker.sock",
    balancers: ["test--balancer--local--1-0a1b2c3", "test--balancer--local--2-0a1b2c3"],
  });
  expect(ready.dependsOn).toStrictEqual(numbers(2).map((i) => `Container test--balancer--local--${i}`));
  expect(ready.secrets).toStrictEqual(["stdin"]);
});

test.each([
  [4, 3],
  [2, 1],
  [1, 2],
])("from %i to %i: only those that come or go, the wait for them, and who counts them", async (from, to) => {
  const [before, after] = [await ofSize(from), await ofSize(to)];
  const ids = new Set(after.map(({ id }) => id));
  const stayed = before.filter(({ id }) => ids.has(id));
  const changed = stayed.filter((old) => JSON.stringify(old) !== JSON.stringify(find(after, old.id)));
  expect(changed.map(({ id }) => id)).toStrictEqual([
    "HaproxyTier balancers-local",
    "Command routes",
    "Command balancers-local-ready",
  ]);
});

test("the routing table is handed to a command, with the token that may write it", async () => {
  const config = {
    loadBalancers: { count: 1 },
    services: {
      web: { image: "web", port: 1, default: true },
      api: { image: "a", port: 2, route: { path: "/a" } },
      mail: { image: "mailer" },
    },
  };
  const all = await run(config);
  expect(idsBelow(all, "RoutingTable routes")).toStrictEqual(["Command routes"]);
  const { inputs, secrets: secretInputs } = find(all, "Command routes");
  const { stdin, ...rest } = inputs;
  expect(rest).toStrictEqual({
    create: "exec node commands/routes.ts",
    update: "exec node commands/routes.ts",
    logging: "stderr",
    addPreviousOutputInEnv: false,
  });
  expect(JSON.parse(String(stdin))).toStrictEqual({
    stack: "test",
    balancerHosts: ["unix:///var/run/docker.sock"],
    balancersPerHost: 1,
    docker: "unix:///var/run/docker.sock",
    agent: "test--agent--local",
    token: secrets.registration,
    consulId: "identity",
    routes: routingTable(settingsFrom(config).services, scopeOf(1, 1)),
    // Balancers hear nothing of workers; who takes a service away has to know of them.
    placement: ["api", "mail", "web"].map((name) => ({ name, hosts: ["local"] })),
  });
  expect(secretInputs).toStrictEqual(["stdin"]);
});
