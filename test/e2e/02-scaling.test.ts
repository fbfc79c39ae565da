import { ids, names, shortIds } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { within } from "../../harness/wait.ts";
import { losingNothing } from "./load.ts";

describe("scaling", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  const others = async (role: string) => {
    const all = await fleet.containers();
    return ids(all.filter(({ Config }) => Config.Labels["flotilla.role"] !== role));
  };

  test.each([6, 2])("the servers to %i", async (count) => {
    const before = ids(await fleet.servers());
    const othersBefore = await others("server");
    await losingNothing(fleet.url, () =>
      fleet.up((config) => {
        config.services.web.replicas = count;
      }),
    );
    const servers = await fleet.servers();
    expect(servers).toHaveLength(count);
    const kept = ids(servers).filter((id) => before.includes(id));
    expect(kept).toHaveLength(Math.min(count, before.length));
    expect(await others("server")).toEqual(othersBefore);
    expect(Object.keys(await whoAnswers(fleet.url, 80)).sort()).toEqual(shortIds(servers));
    expect(await (await fleet.consul()).passing("web")).toEqual(names(servers));
  });

  test.each([3, 1])("the balancers to %i", async (count) => {
    const before = ids(await fleet.containers("balancer"));
    const othersBefore = await others("balancer");
    await losingNothing(fleet.url, () =>
      fleet.up((config) => {
        config.loadBalancers.count = count;
      }),
    );
    const balancers = await fleet.containers("balancer");
    expect(balancers).toHaveLength(count);
    const kept = ids(balancers).filter((id) => before.includes(id));
    expect(kept).toHaveLength(Math.min(count, before.length));
    expect(await others("balancer")).toEqual(othersBefore);

    await whoAnswers(fleet.url, 60);
    for (const i of [1, 2, 3]) {
      if (i > count) {
        await expect(get(fleet.balancerUrl(i))).rejects.toThrow();
        continue;
      }
      expect((await get(fleet.balancerUrl(i))).status).toBe(200);
      expect(await fleet.requestsTakenBy(i)).toBeGreaterThan(1);
    }
  });

  test.each([5, 3])("the Consul servers to %i, with a quorum all the time", async (count) => {
    const consul = await fleet.consul();
    const before = ids(await fleet.containers("consul"));
    const othersBefore = await others("consul");
    await consul.put("/v1/kv/kept", `before ${count}`);

    const refused: unknown[] = [];
    let writes = 0;
    const writing = setInterval(() => {
      writes++;
      consul.put("/v1/kv/written", `${writes}`).catch((error) => refused.push(error));
    }, 250);
    try {
      await losingNothing(fleet.url, () =>
        fleet.up((config) => {
          config.consul.servers = count;
        }),
      );
    } finally {
      clearInterval(writing);
    }
    expect(refused).toEqual([]);
    expect(writes).toBeGreaterThan(4);

    const servers = await fleet.containers("consul");
    expect(names(servers)).toEqual(Array.from({ length: count }, (_, i) => `${fleet.name}-consul-${i + 1}`));
    const kept = ids(servers).filter((id) => before.includes(id));
    expect(kept).toHaveLength(Math.min(count, before.length));
    expect(await others("consul")).toEqual(othersBefore);
    await within(30, "each server votes", async () => expect(await consul.voters()).toEqual(names(servers)));
    expect(await consul.alive()).toEqual([`${fleet.name}-agent-local`, ...names(servers)]);
    for (let i = 1; i <= count; i++) {
      expect(await (await fleet.consul(i)).value("kept")).toBe(`before ${count}`);
    }
  });
});
