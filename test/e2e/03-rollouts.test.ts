import { ids } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { losingNothing } from "./load.ts";

// New versions, broken ones, steps and the way back are scenarios of the drill.
describe("a rollout in steps", () => {
  const fleet = Fleet.first();
  const { application } = fleet;

  beforeAll(() =>
    fleet.toStart((config) => {
      config.services.web.rollout = { surge: "25%" };
    }),
  );

  test("stops at the first step of a version that does not last", async () => {
    const served = await fleet.servers();
    application.setVersion("broken");
    application.breakLater();
    const { code, output } = await losingNothing(fleet.url, () => fleet.attemptUp());
    expect(code).not.toBe(0);
    expect(output).toContain("1 of its new instances stopped or restarted after they had passed");
    const servers = await fleet.servers();
    expect(servers).toHaveLength(served.length + 1);
    for (const { Id, State } of servers) {
      if (ids(served).includes(Id)) expect(State.Running).toBe(true);
    }
  });

  test("to a version that no host has does not begin: nothing changes", async () => {
    const before = ids(await fleet.servers());
    const { code, output } = await fleet.attemptUp((config) => {
      config.services.web.version = "0123456789ab";
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(/image flotilla\/.*-web:0123456789ab, wanted for service web .* is none of those/);
    expect(ids(await fleet.servers())).toEqual(before);
  });
});
