import {
  type Container,
  crash,
  docker,
  ids,
  names,
  removeByHand,
  roles,
  shortIds,
} from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { within } from "../../harness/wait.ts";
import { losingNothing, underLoad } from "./load.ts";

describe("kills", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  const allServersUp = async () => {
    for (const balancer of [1, 2]) {
      expect(Object.values(await fleet.serversSeenBy(balancer))).toEqual(Array(4).fill("UP"));
    }
  };

  /** That it runs again, as the same container. */
  const isBack = async ({ Id, Name, State }: Container) => {
    const now = (await fleet.containers()).find((container) => container.Id === Id);
    expect({ Name, running: now?.State.Running }).toEqual({ Name, running: true });
    expect(now?.State.StartedAt).not.toBe(State.StartedAt);
  };

  test("a server that crashes comes back, and no client notices", async () => {
    const [victim] = (await fleet.servers()) as [Container];
    await losingNothing(fleet.url, async () => {
      await crash(victim);
      await within(10, "it runs again", () => isBack(victim));
      await within(10, "the balancers send requests to it again", allServersUp);
    }, ["GET"]);
    expect(Object.keys(await whoAnswers(fleet.url))).toContain(victim.Config.Hostname);
  });

  test("a server that is killed by hand leaves the balancers within 2 s, and up --refresh brings it back", async () => {
    const [victim] = (await fleet.servers()) as [Container];
    await losingNothing(fleet.url, async () => {
      await docker("kill", victim.Id);
      await within(2, "no balancer sends requests to it", async () => {
        for (const balancer of [1, 2]) {
          expect((await fleet.serversSeenBy(balancer))[victim.Name]).toMatch(/^DOWN/);
        }
      });
    }, ["GET"]);
    const others = (await fleet.servers()).filter(({ State }) => State.Running);
    expect(Object.keys(await whoAnswers(fleet.url)).sort()).toEqual(shortIds(others));

    await losingNothing(fleet.url, () => fleet.stack.run("up", "--refresh"));
    const servers = await fleet.servers();
    expect(servers.map(({ State }) => State.Running)).toEqual(Array(4).fill(true));
    expect(Object.keys(await whoAnswers(fleet.url)).sort()).toEqual(shortIds(servers));
  });

  test.each([
    { removed: "the front", roles: ["front"] as const },
    { removed: "one container of every kind", roles: roles },
  ])("$removed, removed by hand, comes back with up --refresh", async ({ roles }) => {
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

  test("a balancer that crashes takes along only what it held, and comes back", async () => {
    const [victim] = (await fleet.containers("balancer")) as [Container];
    const { failures } = await underLoad(fleet.url, async () => {
      await crash(victim);
      await within(10, "it runs again", () => isBack(victim));
      await within(10, "it answers on its own port", () => get(fleet.balancerUrl(1)));
    });
    // At most the one request that each of the eight clients had under way.
    expect(failures.length).toBeLessThanOrEqual(8);
    expect(new Set(failures.map(({ at }) => Math.round(at))).size).toBeLessThanOrEqual(2);
    await within(10, "every balancer has every server", allServersUp);
  });

  test("a front that crashes has everything serve again by itself", async () => {
    const front = await fleet.the("front");
    const balancers = await fleet.containers("balancer");
    await crash(front);
    await within(15, "the shared port and every balancer answer", async () => {
      await isBack(front);
      for (const balancer of balancers) await isBack(balancer);
      for (const url of [fleet.url, fleet.balancerUrl(1), fleet.balancerUrl(2)]) {
        expect((await get(url)).status).toBe(200);
      }
    });
    await within(10, "every balancer has every server", allServersUp);
    await losingNothing(fleet.url, async () => {});
  });

  test("the agent that crashes costs no request, and knows every server when it is back", async () => {
    const agent = await fleet.the("agent");
    const consul = await fleet.consul();
    await losingNothing(fleet.url, async () => {
      await crash(agent);
      await within(10, "it runs again", () => isBack(agent));
      await within(90, "Consul finds every server well", async () => {
        expect(await consul.passing("web")).toHaveLength(4);
        expect(await consul.alive()).toContain(agent.Name);
      });
    });
  });

  describe("of Consul", () => {
    beforeAll(async () => (await fleet.consul()).put("/v1/kv/kept", "through everything"));

    /** Crashes servers under load; then all must be as it was. */
    const survives = async (victims: Container[]) => {
      await losingNothing(fleet.url, async () => {
        await crash(...victims);
        await within(10, "they run again", async () => {
          for (const victim of victims) await isBack(victim);
        });
        await within(90, "the cluster is whole", async () => {
          for (const server of [1, 2, 3]) {
            const consul = await fleet.consul(server);
            expect(await consul.leader()).toMatch(/:8300$/);
            expect(await consul.voters()).toHaveLength(3);
            expect(await consul.alive()).toHaveLength(4);
            expect(await consul.passing("web")).toHaveLength(4);
            expect(await consul.value("kept")).toBe("through everything");
          }
        });
      });
    };

    /** The leader and the followers, the leader first. */
    const byRank = async () => {
      const consul = await fleet.consul();
      const leader = await consul.leaderName();
      return (await fleet.containers("consul")).sort(
        (a, b) => Number(b.Name === leader) - Number(a.Name === leader),
      );
    };

    test("a follower's crash is survived", async () => {
      const [, follower] = (await byRank()) as [Container, Container];
      await survives([follower]);
    });

    // It may be back, and elected again, before the others have missed it.
    test("the leader's crash is survived", async () => {
      const [leader] = (await byRank()) as [Container];
      await survives([leader]);
    });

    test("the crash of all servers at once is survived", async () => {
      await survives(await fleet.containers("consul"));
    });
  });

  test("after all of this there is nothing to do", async () => {
    const before = ids(await fleet.containers());
    await fleet.stack.run("refresh");
    await fleet.stack.run("preview", "--expect-no-changes");
    expect(ids(await fleet.containers())).toEqual(before);
  });
});
