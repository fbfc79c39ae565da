import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { losingNothing } from "./load.ts";

// How services come, change and go is the drill's scenario "settings".
describe("services", () => {
  const fleet = Fleet.first();
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
});
