import fc from "fast-check";
import { isCheckHost, isDnsName, isHealthPath, isKey, isRoutePath } from "../../config/formats.ts";
import type { ServiceSettings } from "../../config/settings.ts";
import { docker } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { runInfo } from "../../harness/run-info.ts";
import { within } from "../../harness/wait.ts";
import { registrationOf } from "../../lib/catalogue.ts";
import { authorityOf, certificateOf } from "../../lib/certificates.ts";
import { routesBackend } from "../../lib/haproxy.ts";
import { renderFile } from "../../lib/render.ts";
import { type RoutesScope, routingTable } from "../../lib/routes.ts";
import { run } from "../../runtime/program.ts";

/** Texts of a few characters, which a rule of the config takes. */
const texts = (characters: string, rule: (text: string) => boolean) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 20 }).filter(rule);

const name = fc.oneof(fc.constantFrom("nobody", "all", "routes", "service"), texts("ab1-", isKey));
const host = texts("aB1-.", isDnsName);
const healthPath = texts("a'();$&?=.~%20/!*,", (path) => isHealthPath(`/${path}`)).map((path) => `/${path}`);
const routePath = texts("a.~%+@:,=-/", (path) => isRoutePath(`/${path}`)).map((path) => `/${path}`);
const seconds = fc.double({ min: 0.1, max: 60, noNaN: true });

const httpService: fc.Arbitrary<ServiceSettings> = fc.record({
  name,
  port: fc.integer({ min: 1, max: 65_535 }),
  health: fc.record({
    type: fc.constantFrom("http", "tcp"),
    path: healthPath,
    host: fc.oneof(host.filter(isCheckHost), fc.constant("[::1]:80")),
    interval: seconds,
    checkTimeout: seconds,
    timeout: fc.constant(1),
  }),
  load: fc.record({ concurrency: fc.nat(1e5).map((n) => n + 1), queue: fc.nat(1e5), wait: seconds }),
  timeouts: fc.record({ body: seconds, request: seconds, idle: seconds, tunnel: seconds }),
  route: fc.record({ host: fc.uniqueArray(host, { minLength: 1, maxLength: 4 }), path: routePath }),
  default: fc.boolean(),
  sessions: fc.boolean(),
  replicas: fc.nat(500),
  hosts: fc.constant(["a", "b", "c", "d"]),
  failover: fc.constantFrom([], ["dc2"]),
  publish: fc.option(fc.integer({ min: 10_000, max: 60_000 }), { nil: undefined }),
}) as fc.Arbitrary<unknown> as fc.Arbitrary<ServiceSettings>;

const service = fc
  .tuple(httpService, fc.constantFrom("http", "tcp", "active-backup"))
  .map(([service, kind]): ServiceSettings => {
    if (kind === "http") return { ...service, protocol: "http", balance: "leastconn" };
    const { route: _, ...rest } = service;
    const balance = kind === "tcp" ? "leastconn" : kind;
    const health = { ...service.health, type: "tcp" as const };
    return { ...rest, protocol: "tcp", balance, health, default: false, sessions: false };
  });

/** Two hosts here and two elsewhere, of which one has a name for an address. */
const scope: RoutesScope = {
  stack: "test",
  datacenter: "dc1",
  hosts: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "d.example"].map((address, index) => ({
    key: "abcd".charAt(index),
    address,
    datacenter: index < 2 ? "dc1" : "dc2",
    weight: 1,
  })),
  loadBalancers: { ipv6: false, count: 2 },
};

// All of what the config takes in one configuration: a run of consul-template and HAProxy for each would take minutes.
describe("HAProxy's configuration", () => {
  const fleet = Fleet.first();
  const consul = `${runInfo().prefix}-words`;
  beforeAll(() => fleet.toStart());
  afterAll(() => docker("rm", "--force", consul));

  test("is one that HAProxy takes, whatever the config says", async () => {
    const seed = Date.now();
    const services = fc.sample(
      fc.uniqueArray(service, { selector: ({ name }) => name, minLength: 40, maxLength: 40, size: "max" }),
      { numRuns: 1, seed },
    )[0] as (ServiceSettings & { readonly port: number })[];
    const text = JSON.stringify(routingTable(services, scope));

    const [agent, balancer] = [await fleet.the("agent"), (await fleet.containers("balancer"))[0]];
    const start = ["--detach", "--network=none", "--name", consul, "--entrypoint=consul", agent.Config.Image];
    await docker("run", ...start, "agent", "-dev", "-bind=127.0.0.1", "-node=here");
    const put = (path: string, body: string) => {
      const to = `http://127.0.0.1:8500/v1/${path}`;
      const curl = [
        "curl",
        "--silent",
        "--show-error",
        "--fail-with-body",
        "-X",
        "PUT",
        "--data-binary",
        "@-",
        to,
      ];
      return run("docker", ["exec", "-i", consul, ...curl], { input: body });
    };
    await within(20, "Consul takes what it is told", () => put("kv/flotilla/routes", text));
    // Of some there are none here; whether elsewhere is told by the table alone.
    const isHere = (_: unknown, index: number) => index % 4 > 0;
    const present = services.filter(isHere);
    for (const [index, service] of present.entries()) {
      const { name } = service;
      const registration = registrationOf(service, `test-${name}-1`);
      await put("agent/service/register", JSON.stringify(registration));
      const { Name, Check: _, ...rest } = registrationOf(service, `test-${name}-2`);
      const elsewhere = { Node: "elsewhere", Address: "192.0.2.7", Service: { ...rest, Service: Name } };
      await put("catalog/register", JSON.stringify(elsewhere));
      if (index % 2) await put(`kv/flotilla/maintenance/${name}`, String(index));
    }

    // A worker, and one of a service that is about to become one.
    for (const name of ["mail", present[0]?.name ?? ""]) {
      const worker = registrationOf({ name }, `test-worker-of-${name}`);
      await put("agent/service/register", JSON.stringify(worker));
    }

    const view = {
      ports: [8080, 8181].map((port) => ({ inside: port, port })),
      statsPassword: "x",
      node: "here",
      peers: { port: 7443, tcpPort: 7444, domain: "balancer.flotilla" },
      peerTcp: { port: 7444, domain: "balancer.flotilla" },
      maxconn: undefined,
      drain: 1,
      trustedProxies: ["192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "::ffff:192.0.2.2"],
      clients: { most: 1000, room: 65_536 },
    };
    const own = certificateOf("a secret", "*.balancer.flotilla", "test");
    const files = { authority: authorityOf("a secret").certificate, peer: `${own.certificate}${own.key}` };
    const script =
      'for f in authority peer; do eval "echo \\"\\$$f\\"" >/etc/flotilla/$f.pem; done && cat >/tmp/in && ' +
      "consul-template -once -template /tmp/in:/tmp/out >&2 && haproxy -c -f /tmp/out >&2 && cat /tmp/out";
    const variables = [
      ...["THREADS=1", "STATS_PORT=2", "GATEWAY=192.0.2.1"].map((each) => `FLOTILLA_${each}`),
      ...Object.entries(files).map(([name, text]) => `${name}=${text}`),
    ].flatMap((each) => ["-e", each]);
    const rendered = await run(
      "docker",
      [
        ...["run", "--rm", "-i", `--network=container:${consul}`, "--entrypoint=sh", ...variables],
        ...[balancer?.Config.Image ?? "", "-c", script],
      ],
      { input: renderFile("balancer/haproxy.cfg.ctmpl.mustache", view) },
    );
    // HAProxy said nothing against it; and all of it is there.
    expect(rendered).toContain(`\n# routes: ${text}\n`);
    expect(rendered).toContain(`\nbackend ${routesBackend(text)}\n`);
    expect(rendered).not.toContain("test-worker-of-");
    const backends = [...rendered.matchAll(/^backend service\.(\S+)(?: from tcp)?$/gm)].map(
      ([, name]) => name,
    );
    const failing = services.filter(({ failover }) => failover.length > 0);
    const served = new Set([...present, ...failing].map(({ name }) => name));
    expect([seed, backends.sort()]).toEqual([seed, [...served].sort()]);
    // What is here is a server by itself, what is elsewhere is one of its host, once for each service; of TCP to be asked only.
    expect(rendered.match(/^ {2}server elsewhere 192\.0\.2\.7:7443 check /gm)).toHaveLength(present.length);
    const lines = rendered.split("\n");
    for (const place of ["test--agent--c 10.0.0.3", "test--agent--d d.example"]) {
      const isServer = (line: string) =>
        line.startsWith(`  server ${place}:7443 backup check `) ||
        line.startsWith(`  server ${place}:7444 backup no-check `);
      expect(lines.filter(isServer)).toHaveLength(failing.length);
    }
    expect(rendered).not.toMatch(/^ {2}server test-\S+-2 /m);
  });
});
