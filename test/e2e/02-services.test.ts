import { docker, shortIds } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { losingNothing } from "./load.ts";

// How services come, change and go is the drill's scenarios "settings" and "every-key".
describe("services", () => {
  const fleet = Fleet.first();
  const published = 18_680;
  const registry = {
    image: "hashicorp/consul:1.14.11",
    command: ["agent", "-dev", "-client=0.0.0.0"],
    replicas: 1,
    port: 8500,
  };
  beforeAll(() => fleet.toStart());

  test("an image without a shell can be one, by the name of its host, checked by a connection", async () => {
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        services.registry = {
          ...registry,
          health: { type: "tcp", timeout: 60 },
          route: { host: "registry.example.com" },
        };
      }),
    );
    const path = `${fleet.url}v1/agent/self`;
    const answer = await get(path, { headers: { Host: "registry.example.com" } });
    expect(JSON.parse(answer.body).Config.Version).toBe("1.14.11");
    expect((await get(path)).status).toBe(404);
  });

  test("whatever they are called, and however they are to be asked, they are served", async () => {
    const names = ["nobody", "unrouted", "maintenance-web"];
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        delete services.registry;
        for (const name of names) {
          services[name] = {
            ...structuredClone(services.web),
            replicas: 1,
            health: { path: "/health?it's=(fine)", timeout: 30 },
            route: { host: [`${name}.example`, `*.${name}.test`] },
          };
        }
      }),
    );
    for (const name of names) {
      const [server] = shortIds(await fleet.servers(name));
      for (const host of [`${name}.example`, `${name.toUpperCase()}.EXAMPLE.:80`, `a.b.${name}.test.`]) {
        const { headers } = await get(fleet.url, { headers: { Host: host } });
        expect([host, headers["x-served-by"]]).toEqual([host, server]);
      }
    }
  });

  test("a version that is too slow for its check does not come up, and its time is named", async () => {
    const { code, output } = await losingNothing(fleet.url, () =>
      fleet.attemptUp(({ services }) => {
        for (const name of Object.keys(services)) if (name !== "web") delete services[name];
        services.web.health = { path: "/slow?seconds=1.2", timeout: 5 };
      }),
    );
    expect(code).not.toBe(0);
    expect(output).toMatch(/answers after 1\.[23]\d s, but a check waits 1 s \(health\.checkTimeout\)/);
    await fleet.up(({ services }) => {
      Object.assign(services.web.health, { checkTimeout: 2 });
    });
    expect(await fleet.serversSeenBy(1)).not.toEqual({});
    expect(new Set(Object.values(await fleet.serversSeenBy(1)))).toEqual(new Set(["UP"]));
  });

  test("headers of 32 KB and 200 lines pass, and what is beyond is told so", async () => {
    const cookie = (length: number) => ({ Cookie: "x".repeat(length) });
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, "y"]));
    const told = async (headers: Record<string, string>) => {
      const { status, body } = await get(fleet.url, { headers });
      return `${status} ${body}`;
    };
    const beyond = "431 The request has more than 32 KB or 200 lines of headers.\n";
    // The application has limits of its own, and words of its own for them.
    expect(await told(many(190))).not.toBe(beyond);
    expect(await told(cookie(32_000))).not.toBe(beyond);
    expect(await told(cookie(33_000))).toBe(beyond);
    expect(await told(many(210))).toBe(beyond);
  });

  test("a service is found by any host below a domain and by a port of its own", async () => {
    await fleet.up(({ services }) => {
      services.registry = {
        ...registry,
        health: { path: "/v1/agent/self", timeout: 60 },
        route: { host: "*.example.com" },
        publish: published,
      };
    });
    const statusOf = async (url: string, host?: string) => {
      const { status } = await get(`${url}v1/agent/self`, host ? { headers: { Host: host } } : {});
      return status;
    };
    const seen = {
      inDomain: await statusOf(fleet.url, "a.b.example.com"),
      domainItself: await statusOf(fleet.url, "example.com"),
      elsewhere: await statusOf(fleet.url, "example.org"),
      ownPort: await statusOf(`http://127.0.0.1:${published}/`),
    };
    expect(seen).toEqual({ inDomain: 200, domainItself: 404, elsewhere: 404, ownPort: 200 });
  });

  test("a volume outlives the containers that have it", async () => {
    await fleet.up(({ services }) => {
      delete services.registry;
      services.web.volumes = [{ name: "data", path: "/data" }];
    });
    const [first] = await fleet.servers();
    await docker("exec", "--user=root", first?.Id ?? "", "sh", "-c", "echo kept >/data/file");
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        services.web.env.COLOUR = "blue";
      }),
    );
    for (const { Id } of await fleet.servers()) {
      expect(Id).not.toBe(first?.Id);
      expect(await docker("exec", Id, "cat", "/data/file")).toBe("kept\n");
    }
  });
});
