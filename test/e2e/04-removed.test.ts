import { type Container, docker, ids, names, removeByHand, roles, shortIds } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { within } from "../../harness/wait.ts";

describe("what is removed or stopped by hand", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  const allServersUp = async () => {
    for (const balancer of [1, 2]) {
      expect(Object.values(await fleet.serversSeenBy(balancer))).toEqual(Array(4).fill("UP"));
    }
  };

  test.each([
    { removed: "the front", roles: ["front"] as const },
    { removed: "one container of every kind", roles: roles },
  ])("$removed, comes back with up --refresh", async ({ roles }) => {
    const before = await fleet.containers();
    const victims = await Promise.all(
      roles.map(async (role) => (await fleet.containers(role))[0] as Container),
    );
    for (const victim of victims) await removeByHand(victim);
    await fleet.stack.run("up", "--refresh");

    const after = await fleet.containers();
    for (const { Id } of victims) expect(ids(after)).not.toContain(Id);
    const running = (list: Container[]) =>
      list.map(({ Config, State }) => `${Config.Labels["flotilla.role"]} ${State.Status}`).sort();
    expect(running(after)).toEqual(running(before));
    await within(10, "every balancer has every server", allServersUp);
    expect(Object.keys(await whoAnswers(fleet.url)).sort()).toEqual(shortIds(await fleet.servers()));
    // A leader that missed that the agent is back looks through all members once a minute.
    await within(90, "Consul is whole", async () => {
      const consul = await fleet.consul();
      expect(await consul.voters()).toHaveLength(3);
      expect(await consul.alive()).toHaveLength(4);
      expect(await consul.passing("web")).toEqual(names(await fleet.servers()));
    });
  });

  test("after that there is nothing to do", async () => {
    const before = ids(await fleet.containers());
    await fleet.stack.run("refresh");
    await fleet.stack.run("preview", "--expect-no-changes");
    expect(ids(await fleet.containers())).toEqual(before);
  });

  // Docker tries to start a balancer just once, and can't while the front is away (moby/moby#50326).
  test("balancers that ended while the front was stopped come back after it", async () => {
    const before = ids(await fleet.containers());
    const front = await fleet.the("front");
    await docker("stop", front.Id);
    await within(30, "the balancers have ended", async () => {
      const states = (await fleet.containers("balancer")).map(({ State }) => State.Status);
      expect(states).toEqual(["exited", "exited"]);
    });
    await docker("start", front.Id);
    await within(30, "every balancer has every server", allServersUp);
    expect(Object.keys(await whoAnswers(fleet.url)).sort()).toEqual(shortIds(await fleet.servers()));
    expect(ids(await fleet.containers())).toEqual(before);
  });
});
