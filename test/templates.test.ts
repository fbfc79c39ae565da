import fs from "node:fs";
import { renderFile } from "../lib/render.ts";
import { uuidOf } from "../lib/uuid.ts";
import { fixture } from "./support/fixture.ts";
import { secrets } from "./support/secrets.ts";

const images = {
  debianImage: "debian:trixie-slim",
  consulImage: "hashicorp/consul:1.14.11",
  consulTemplateImage: "hashicorp/consul-template:0.41.1",
  nodeImage: "node:24.21.0-trixie-slim",
};
const consul = { stack: "test", datacenter: "dc1", gossipKey: secrets.gossipKey };
const server = { ...consul, agentToken: secrets.server, managementToken: secrets.management };
const founder = { address: "198.19.225.130", rpcPort: 8300, gossipPort: 8301 };
const joinAddresses = '"198.19.225.130", "198.19.225.131", "198.19.225.132"';

const rendered: [template: string, file: string, view: Record<string, unknown>][] = [
  ["consul/Dockerfile", "consul.Dockerfile", images],
  ["balancer/Dockerfile", "balancer.Dockerfile", images],
  ["front/Dockerfile", "front.Dockerfile", images],
  ["warden/Dockerfile", "warden.Dockerfile", images],
  ["log-keeper/Dockerfile", "log-keeper.Dockerfile", images],
  ["programs/Dockerfile", "programs.Dockerfile", images],
  ["backup/Dockerfile", "backup.Dockerfile", images],
  [
    "consul/server.hcl",
    "server-that-founds.hcl",
    {
      ...server,
      number: 1,
      nodeName: "test--consul--1",
      nodeId: uuidOf("test server 1"),
      peer: { ...founder, isPublished: false },
      bootstrapExpect: 3,
      joinAddresses,
    },
  ],
  [
    "consul/server.hcl",
    "server-that-joins.hcl",
    {
      ...server,
      number: 4,
      nodeName: "test--consul--4",
      nodeId: uuidOf("test server 4"),
      peer: { ...founder, address: "198.19.225.133", isPublished: false },
      bootstrapExpect: undefined,
      joinAddresses,
    },
  ],
  [
    "consul/agent.hcl",
    "agent.hcl",
    {
      ...consul,
      agentToken: secrets.agent,
      host: "local",
      nodeName: "test--agent--local",
      nodeId: uuidOf("test agent local"),
      bindAddress: "{{ GetAllInterfaces | include `network` `198.19.225.128/26` | attr `address` }}",
      socket: "/run/consul/http.sock",
      peer: undefined,
      joinAddresses,
    },
  ],
  ["consul/tls.hcl", "tls.hcl", {}],
  ["balancer/balancer.env", "balancer.env", { name: "balancer-local-2", ownPort: 8282, statsPort: 9002 }],
  [
    "balancer/consul-template.hcl",
    "consul-template.hcl",
    { host: "local", socket: "/run/consul/http.sock", token: secrets.balancer },
  ],
];

test.each(rendered)("%s becomes %s", (template, file, view) => {
  expect(renderFile(`${template}.mustache`, view)).toBe(fixture(file));
});

/** What stands in other lines of a configuration than it does in a fixture. */
function changes(file: string, text: string): string[] {
  const [before, after] = [fixture(file).split("\n"), text.split("\n")];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

test("on several hosts Consul is heard at addresses and ports of these, and is the same otherwise", () => {
  const viewOf = (file: string) => rendered.find(([, name]) => name === file)?.[2] ?? {};
  const peer = { address: "10.0.0.2", rpcPort: 8302, gossipPort: 8303 };
  const serverView = { ...viewOf("server-that-founds.hcl"), peer: { ...peer, isPublished: true } };
  const file = "server-that-founds.hcl";
  expect(changes(file, renderFile("consul/server.hcl.mustache", serverView))).toStrictEqual([
    '- advertise_addr = "198.19.225.130"',
    '+ advertise_addr = "10.0.0.2"',
    "+   server   = 8302",
    "+   serf_lan = 8303",
  ]);
  const agentView = { ...viewOf("agent.hcl"), peer };
  expect(changes("agent.hcl", renderFile("consul/agent.hcl.mustache", agentView))).toStrictEqual([
    "- # Nothing listens there: gossip has the control network.",
    "+ # By a published port, for servers and agents on other hosts.",
    '+ advertise_addr = "10.0.0.2"',
    "+   serf_lan = 8303",
  ]);
});

const haproxy = "balancer/haproxy.cfg.ctmpl.mustache";
const stack = {
  ports: [{ inside: 40_848, port: 8080 }],
  statsPassword: `<&"'>`,
  node: "test--agent--local",
  peers: { port: 7443, tcpPort: 7444, domain: "balancer.flotilla" },
  peerTcp: { port: 7444, domain: "balancer.flotilla" },
  maxconn: 3072,
  drain: 3600,
  trustedProxies: ["192.0.2.1"],
  clients: { most: 1000, room: 6144 },
};

const textOf = (file: string) => fs.readFileSync(`templates/${file}`, "utf8");
/** A partial template, less the line that says what its tags are. */
const partOf = (name: string) => textOf(`${name}.mustache`).replace(/^.*\n/, "");

// Most of it is consul-template's to render; what that makes of it is seen end to end.
test("haproxy.cfg is left to consul-template but for a few of the stack's settings", () => {
  const text = renderFile(haproxy, stack);
  const lines = textOf(haproxy)
    .replaceAll(/^<%> (\S+) %>\n/gm, (_, name) => partOf(name))
    .split("\n");
  const [tags, ...before] = lines.filter((line) => !/^<%[#/]/.test(line));
  const after = text.split("\n");
  expect(tags).toBe("{{=<% %>=}}");
  expect(after).toHaveLength(before.length);
  const changed = after.flatMap((line, index) => {
    const was = before[index] ?? "";
    // Where balancers of other hosts are, many lines say.
    const ofPeers = was
      .replaceAll("<% domain %>", "balancer.flotilla")
      .replace(":<% port %>", was.startsWith("  bind") && line.includes("7444") ? ":7444" : ":7443")
      .replace(":<% tcpPort %>", ":7444");
    return line === was || line === ofPeers ? [] : [was.length > 100 ? differing(was, line) : [was, line]];
  });
  // Of HTTP and of TCP.
  const ofClients = [
    ["  acl is_trusted src <% . %>", "  acl is_trusted src 192.0.2.1"],
    [
      "  tcp-request connection reject if { sc0_conn_cur gt <% most %> }",
      "  tcp-request connection reject if { sc0_conn_cur gt 1000 }",
    ],
  ];
  expect(changed).toStrictEqual([
    [
      '{{- if eq .Node "<% node %>" }}{{ $own = sprig_append $own . }}',
      '{{- if eq .Node "test--agent--local" }}{{ $own = sprig_append $own . }}',
    ],
    [
      '{{- $zone := sprig_get $zones "<% node %>" }}',
      '{{- $zone := sprig_get $zones "test--agent--local" }}',
    ],
    ["  maxconn <% maxconn %>", "  maxconn 3072"],
    ["  hard-stop-after <% drain %>s", "  hard-stop-after 3600s"],
    ...ofClients,
    ...ofClients,
    ['  user admin insecure-password "<% statsPassword %>"', `  user admin insecure-password "<&"'>"`],
    ["  bind :<% inside %> name <% port %>", "  bind :40848 name 8080"],
    [
      "  stick-table type ipv6 size <% room %> expire 10s store conn_cur",
      "  stick-table type ipv6 size 6144 expire 10s store conn_cur",
    ],
    [
      '{{- if $own }}{{ $_ := sprig_set $places "<% node %>" $own }}{{ end }}',
      '{{- if $own }}{{ $_ := sprig_set $places "test--agent--local" $own }}{{ end }}',
    ],
    [
      '{{- range $node, $copies := $places }}{{ $isHere := eq $node "<% node %>" }}',
      '{{- range $node, $copies := $places }}{{ $isHere := eq $node "test--agent--local" }}',
    ],
  ]);
});

/** The parts in which two long lines differ, as far as the word before. */
function differing(one: string, other: string): string[] {
  const [a, b] = [one.split(" "), other.split(" ")];
  let start = 0;
  while (a[start] === b[start]) start++;
  let end = 0;
  while (a.at(-1 - end) === b.at(-1 - end)) end++;
  return [a, b].map((words) => words.slice(start && start - 1, words.length - end).join(" "));
}

test("without a limit of memory, HAProxy is left to find its own", () => {
  const text = renderFile(haproxy, { ...stack, maxconn: undefined });
  expect(text).not.toMatch(/^ *maxconn/m);
  expect(text).not.toContain("<%");
});

test("on a single host there are no other balancers to speak to, and the rest is the same", () => {
  const [one, several] = [{ peers: false, peerTcp: false }, {}].map((peers) =>
    renderFile(haproxy, { ...stack, ...peers }).split("\n"),
  );
  const more = several?.filter((line) => !one?.includes(line)) ?? [];
  expect(one?.filter((line) => !several?.includes(line))).toStrictEqual([]);
  expect(one?.join("\n")).not.toMatch(/peer\.pem|authority\.pem|NodeAddress|7443|ssl_|from peer|<%/);
  // Sections that only several hosts have.
  expect(more.filter((line) => /^(defaults|frontend|backend|listen) /.test(line))).toStrictEqual([
    "defaults peer from base",
    "defaults probe from base",
    "frontend own.peers from peer",
    "frontend own.peers-tcp from tcp",
    "backend peers.{{ $name }} from probe",
    "backend final.{{ $name }} from tcp",
    "backend {{ $kind }}.{{ $name }} from peer",
  ]);
});

test("what a client has asked is not taken for a check, whatever its connection is called", () => {
  const answers = renderFile(haproxy, stack)
    .split("\n")
    .filter((line) => /^ {2}http-request return .*ssl_fc_sni .*check_/.test(line));
  expect(
    answers.map((line) => line.replace(/^ *http-request return status (\d+).*?(!?is_asked).*$/, "$1 $2")),
  ).toStrictEqual(["200 !is_asked", "503 !is_asked"]);
});

test("no template is left out here", () => {
  const all = fs.readdirSync("templates", { recursive: true, encoding: "utf8" });
  const tested = new Set(rendered.map(([template]) => `${template}.mustache`));
  expect(all.filter((file) => file.endsWith(".mustache") && !tested.has(file)).sort()).toStrictEqual([
    "balancer/clients.cfg.mustache",
    haproxy,
    "balancer/tcp-service.cfg.mustache",
  ]);
});
