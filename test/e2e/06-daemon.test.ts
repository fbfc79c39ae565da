import { ids, names, shortIds } from "../../harness/docker.ts";
import { Daemon } from "../../harness/engine/daemon.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { runInfo } from "../../harness/run-info.ts";
import { within } from "../../harness/wait.ts";

const { folder, namespace } = runInfo();

// Only on a daemon of our own: others may live on the user's.
(namespace === undefined ? describe.skip : describe)("a Docker daemon", () => {
  const fleet = Fleet.first();
  const daemon = new Daemon(folder, namespace ?? "");

  beforeEach(async () => {
    await fleet.toStart();
    await (await fleet.consul()).put("/v1/kv/kept", "through the restart");
  });

  test.each([
    { happening: "that is restarted", end: () => daemon.stop() },
    { happening: "that crashes", end: () => daemon.kill() },
  ])("$happening brings everything back", async ({ end }) => {
    const before = ids(await fleet.containers());
    await end();
    expect(await daemon.answers()).toBe(false);
    await daemon.start();

    await within(60, "all servers answer through all balancers", async () => {
      const servers = shortIds(await fleet.servers());
      for (const url of [fleet.url, fleet.balancerUrl(1), fleet.balancerUrl(2)]) {
        expect(Object.keys(await whoAnswers(url)).sort()).toEqual(servers);
      }
    });
    await within(90, "Consul is whole", async () => {
      const consul = await fleet.consul();
      expect(await consul.voters()).toHaveLength(3);
      expect(await consul.alive()).toHaveLength(4);
      expect(await consul.passing("web")).toEqual(names(await fleet.servers()));
      expect(await consul.value("kept")).toBe("through the restart");
    });
    expect(ids(await fleet.containers())).toEqual(before);
    await fleet.stack.run("refresh");
    await fleet.stack.run("preview", "--expect-no-changes");
  });
});
