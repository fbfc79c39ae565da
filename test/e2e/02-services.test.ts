import { ids, shortIds } from "../../harness/docker.ts";
import { type Config, Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { losingNothing } from "./load.ts";

describe("services", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  /** Ids of all containers but those of one service. */
  const allBut = async (service: string) => {
    const all = await fleet.containers();
    return ids(all.filter(({ Config }) => Config.Labels["flotilla.service"] !== service));
  };
  const upLosingNothing = (edit: (config: Config) => void) => losingNothing(fleet.url, () => fleet.up(edit));

  test("a second one gets the requests of its route, and only those", async () => {
    const before = await allBut("pages");
    await upLosingNothing((config) => {
      config.services.pages = {
        ...structuredClone(config.services.web),
        replicas: 2,
        route: { path: "/about" },
      };
    });
    expect(await allBut("pages")).toEqual(before);
    const pages = shortIds(await fleet.servers("pages"));
    expect(pages).toHaveLength(2);
    expect(Object.keys(await whoAnswers(`${fleet.url}about`)).sort()).toEqual(pages);
    expect(Object.keys(await whoAnswers(fleet.url)).sort()).toEqual(shortIds(await fleet.servers("web")));
  });

  test("a changed environment rolls the service that it belongs to, and nothing else", async () => {
    const before = await allBut("web");
    const old = ids(await fleet.servers());
    await upLosingNothing((config) => {
      config.services.web.env.COLOUR = "blue";
    });
    expect(await allBut("web")).toEqual(before);
    const servers = await fleet.servers();
    expect(servers).toHaveLength(4);
    for (const { Id, Config } of servers) {
      expect(old).not.toContain(Id);
      expect(Config.Env).toContain("COLOUR=blue");
    }
  });

  test("a changed limit reaches the service that it belongs to, and nothing else", async () => {
    const before = await allBut("pages");
    await upLosingNothing((config) => {
      Object.assign(config.services.pages ?? {}, { memory: "96m" });
    });
    expect(await allBut("pages")).toEqual(before);
    const limits = (await fleet.servers("pages")).map(({ HostConfig }) => HostConfig.Memory);
    expect(limits).toEqual([96 * 2 ** 20, 96 * 2 ** 20]);
  });

  test("one that is taken away leaves its route to the default service", async () => {
    const before = await allBut("pages");
    await upLosingNothing((config) => {
      delete config.services.pages;
    });
    expect(ids(await fleet.containers())).toEqual(before);
    expect(Object.keys(await whoAnswers(`${fleet.url}about`)).sort()).toEqual(
      shortIds(await fleet.servers("web")),
    );
    const catalogue = await (await fleet.consul()).get<Record<string, string[]>>("/v1/catalog/services");
    expect(Object.keys(catalogue).sort()).toEqual(["consul", "web"]);
  });

  test("an image without a shell can be one, by the name of its host", async () => {
    await upLosingNothing((config) => {
      config.services.registry = {
        image: "hashicorp/consul:1.22.5",
        command: ["agent", "-dev", "-client=0.0.0.0"],
        replicas: 1,
        port: 8500,
        health: { path: "/v1/status/leader", timeout: 60 },
        route: { host: "registry.example.com" },
      };
    });
    const path = `${fleet.url}v1/agent/self`;
    const answer = await get(path, { headers: { Host: "registry.example.com" } });
    expect(JSON.parse(answer.body).Config.Version).toBe("1.22.5");
    expect((await get(path)).status).toBe(404);
  });
});
