import { faultsOf } from "../../support/faults-of.ts";

const web = { image: "nginx", port: 80 };
const noWay = "must have a route or a publish port, since it is not the default service, got neither";

describe("several services", () => {
  const route = { path: "/a" };
  test.each<[Record<string, object>, string[]]>([
    [
      { a: {}, b: {}, c: {} },
      [
        ": must be told apart: a, b and c have neither a route nor a publish port; mark one with default: true and give the others a route",
      ],
    ],
    [{ a: { default: true }, b: {} }, [`.b: ${noWay}`]],
    [
      { a: { default: true }, b: { default: true, route } },
      [".b.default: must not be true, since service a is the default already"],
    ],
    [{ a: { default: false }, b: {}, c: { route } }, [`.a: ${noWay}`]],
    [{ a: { route }, b: { route } }, ['.b.route: must differ from the route of service a, got "/a" as well']],
    [
      { a: { route: { host: "A.example" } }, b: { route: { host: "a.example", path: "/" } } },
      ['.b.route: must differ from the route of service a, got "a.example/" as well'],
    ],
    [
      { a: { publish: 3000 }, b: { publish: 3000 } },
      [".a.publish: service a and service b (services.b.publish) both take host port 3000"],
    ],
  ])("%j", (services, lines) => {
    const all = Object.entries(services).map(([name, values]) => [name, { ...web, ...values }]);
    expect(faultsOf({ services: Object.fromEntries(all) })).toStrictEqual(
      lines.map((line) => `flotilla:services${line}`),
    );
  });
});

describe("secrets", () => {
  const secretKeys = new Set(["services", "registry"]);

  test("must be stored encrypted", () => {
    const config = { services: { web: { ...web, secrets: { TOKEN: "hunter2" } } } };
    expect(faultsOf(config, { secretKeys })).toStrictEqual([]);
    expect(faultsOf(config)).toStrictEqual([
      "flotilla:services.web.secrets.TOKEN: must be stored encrypted, got plain text: pulumi config set --secret --path 'flotilla:services.web.secrets.TOKEN'",
    ]);
  });

  test.each([
    [{ env: { A: 1 }, secrets: { A: 2 } }, "A: must not have the name of a variable in env as well"],
    [{ secrets: { PORT: 80 } }, "PORT: must not be a secret, since env has the service's port as PORT"],
  ])("%j", (values, line) => {
    const faults = faultsOf({ services: { web: { ...web, ...values } } }, { secretKeys });
    expect(faults).toStrictEqual([`flotilla:services.web.secrets.${line}`]);
  });

  test.each<Record<string, unknown>>([
    { services: "hunter2" },
    { services: { web: "hunter2" } },
    { services: { web: { ...web, secrets: "hunter2" } } },
    { services: { web: { ...web, secrets: ["hunter2"] } } },
    { services: { web: { ...web, secret: { A: "hunter2" } } } },
    { registry: "hunter2" },
    { registry: { address: "r.example", username: "me", password: { value: "hunter2" } } },
    { registry: { address: "r.example", username: "me", passwd: "hunter2" } },
  ])("are not shown: %j", (config) => {
    const text = faultsOf(config, { secretKeys }).join();
    expect(text).toMatch(/must be|is no known key/);
    expect(text).not.toContain("hunter2");
  });
});

describe("copies that move", () => {
  const three = { a: { docker: "ssh://a" }, b: { docker: "ssh://b" }, c: { docker: "ssh://c" } };
  const at = { a: "10.0.0.1", b: "10.0.0.2", c: "10.0.0.3" };
  const hosts = Object.fromEntries(
    Object.entries(three).map(([key, host]) => [key, { ...host, address: at[key as keyof typeof at] }]),
  );
  const faults = (service: object) =>
    faultsOf({ hosts, services: { web: { ...web, replicas: 6, replicasPer: "datacenter", ...service } } });

  test.each<[object, string[]]>([
    [{}, []],
    [{ maxPerHost: 2 }, []],
    [{ volumes: [{ name: "data", path: "/data", readOnly: true }] }, []],
    [
      { maxPerHost: 1 },
      [".maxPerHost: must be at least 2, so that the 3 hosts of dc1 have room for 6 copies, got 1"],
    ],
    [
      { maxPerHost: 5, hosts: ["b"] },
      [".maxPerHost: must be at least 6, so that the host of dc1 have room for 6 copies, got 5"],
    ],
    [
      { replicasPer: "host", maxPerHost: 2 },
      [
        '.maxPerHost: must stand beside replicasPer "datacenter", since replicas says how many each host has, got 2',
      ],
    ],
    [
      { volumes: [{ name: "data", path: "/data" }], rollout: { order: "stop-first" } },
      [
        '.volumes[0].readOnly: must be true beside replicasPer "datacenter", since what a copy writes stays on its host when it moves, got false',
        '.rollout.order: must be "start-first" beside replicasPer "datacenter", since a copy that moves is started before it is stopped elsewhere, got "stop-first"',
      ],
    ],
    [{ replicasPer: "dc" }, ['.replicasPer: must be "host" or "datacenter", got "dc"']],
  ])("%j", (service, lines) => {
    expect(faults(service)).toStrictEqual(lines.map((line) => `flotilla:services.web${line}`));
  });
});
