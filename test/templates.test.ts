import fs from "node:fs";
import { renderFile } from "../lib/render.ts";
import { uuidOf } from "../lib/uuid.ts";
import { fixture } from "./support/fixture.ts";
import { secrets } from "./support/secrets.ts";

const images = {
  debianImage: "debian:trixie-slim",
  consulImage: "hashicorp/consul:1.14.11",
  consulTemplateImage: "hashicorp/consul-template:0.41.1",
};
const consul = { stack: "test", datacenter: "dc1", gossipKey: secrets.gossipKey };
const server = { ...consul, agentToken: secrets.server, managementToken: secrets.management };
const joinAddresses = '"198.19.225.130", "198.19.225.131", "198.19.225.132"';

const rendered: [template: string, file: string, view: Record<string, unknown>][] = [
  ["consul/Dockerfile", "consul.Dockerfile", images],
  ["balancer/Dockerfile", "balancer.Dockerfile", images],
  ["front/Dockerfile", "front.Dockerfile", images],
  ["warden/Dockerfile", "warden.Dockerfile", images],
  ["log-keeper/Dockerfile", "log-keeper.Dockerfile", images],
  [
    "consul/server.hcl",
    "server-that-founds.hcl",
    {
      ...server,
      number: 1,
      nodeName: "test--consul--1",
      nodeId: uuidOf("test server 1"),
      address: "198.19.225.130",
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
      address: "198.19.225.133",
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

// Most of it is consul-template's to render; what that makes of it is seen end to end.
test("haproxy.cfg is left to consul-template but for a few of the stack's settings", () => {
  const file = "balancer/haproxy.cfg.ctmpl.mustache";
  const text = renderFile(file, {
    ports: [{ inside: 40_848, port: 8080 }],
    statsPassword: `<&"'>`,
    maxconn: 3072,
    drain: 3600,
    trustedProxies: ["192.0.2.1"],
    clients: { most: 1000, room: 6144 },
  });
  const lines = fs.readFileSync(`templates/${file}`, "utf8").split("\n");
  const [tags, ...before] = lines.filter((line) => !/^<%[#/]/.test(line));
  const after = text.split("\n");
  expect(tags).toBe("{{=<% %>=}}");
  expect(after).toHaveLength(before.length);
  const changed = after.flatMap((line, index) => (line === before[index] ? [] : [[before[index], line]]));
  expect(changed).toStrictEqual([
    ["  maxconn <% maxconn %>", "  maxconn 3072"],
    ["  hard-stop-after <% drain %>s", "  hard-stop-after 3600s"],
    ["  acl is_trusted src <% . %>", "  acl is_trusted src 192.0.2.1"],
    [
      "  tcp-request connection reject if { sc0_conn_cur gt <% most %> }",
      "  tcp-request connection reject if { sc0_conn_cur gt 1000 }",
    ],
    ['  user admin insecure-password "<% statsPassword %>"', `  user admin insecure-password "<&"'>"`],
    ["  bind :<% inside %> name <% port %>", "  bind :40848 name 8080"],
    [
      "  stick-table type ipv6 size <% room %> expire 10s store conn_cur",
      "  stick-table type ipv6 size 6144 expire 10s store conn_cur",
    ],
  ]);
});

test("without a limit of memory, HAProxy is left to find its own", () => {
  const view = {
    ports: [],
    statsPassword: "x",
    maxconn: undefined,
    drain: 1,
    trustedProxies: [],
    clients: false,
  };
  const text = renderFile("balancer/haproxy.cfg.ctmpl.mustache", view);
  expect(text).not.toMatch(/^ *maxconn/m);
  expect(text).not.toContain("<%");
});

test("no template is left out here", () => {
  const all = fs.readdirSync("templates", { recursive: true, encoding: "utf8" });
  const tested = new Set(rendered.map(([template]) => `${template}.mustache`));
  expect(all.filter((file) => file.endsWith(".mustache") && !tested.has(file))).toStrictEqual([
    "balancer/haproxy.cfg.ctmpl.mustache",
  ]);
});
