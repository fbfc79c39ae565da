import { docker } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { losingNothing } from "./load.ts";

// How services come, change and go is the drill's scenarios "settings" and "every-key".
describe("services", () => {
  const fleet = Fleet.first();
  const published = 18_580;
  beforeAll(() => fleet.toStart());

  test("an image without a shell can be one, by the name of its host", async () => {
    await losingNothing(fleet.url, () =>
      fleet.up((config) => {
        config.services.registry = {
          image: "hashicorp/consul:1.14.11",
          command: ["agent", "-dev", "-client=0.0.0.0"],
          replicas: 1,
          port: 8500,
          health: { path: "/v1/status/leader", timeout: 60 },
          route: { host: "registry.example.com" },
        };
      }),
    );
    const path = `${fleet.url}v1/agent/self`;
    const answer = await get(path, { headers: { Host: "registry.example.com" } });
    expect(JSON.parse(answer.body).Config.Version).toBe("1.14.11");
    expect((await get(path)).status).toBe(404);
  });

  test("a service is found by any host below a domain and by a port of its own, and checked by connecting", async () => {
    await fleet.up(({ services }) => {
      Object.assign(services.registry ?? {}, {
        health: { type: "tcp", timeout: 60 },
        route: { host: "*.example.com" },
        publish: published,
      });
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
