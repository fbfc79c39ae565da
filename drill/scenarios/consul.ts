import { type Container, crash, docker } from "../../harness/docker.ts";
import { sleep } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { whileWriting } from "../writing.ts";

/** Seconds that Consul has, all told, to be whole again: an election, and the leader's round through its members. */
const WHOLE = 90;

const kept = "/v1/kv/drill/kept";

/** Writes a value before, and finds it through every server after. */
async function losingNothing(stage: Stage, action: () => Promise<void>): Promise<void> {
  const value = `written at ${Date.now()}`;
  await (await stage.fleet.consul()).put(kept, value);
  await action();
  await stage.back("every Consul server has what was written before", WHOLE, async () => {
    for (let server = 1; server <= stage.fleet.size.consul; server++) {
      const found = await (await stage.fleet.consul(server)).value("drill/kept");
      if (found !== value) throw new Error(`Consul server ${server} has ${JSON.stringify(found)}`);
    }
  });
}

async function writerOf({ fleet }: Stage): Promise<(value: string) => Promise<void>> {
  const consul = await fleet.consul();
  return (value) => consul.put("/v1/kv/drill/written", value);
}

/** The leader first. */
async function byRank({ fleet }: Stage): Promise<Container[]> {
  const leader = await (await fleet.consul()).leaderName();
  const servers = await fleet.containers("consul");
  return servers.sort((a, b) => Number(b.Name === leader) - Number(a.Name === leader));
}

function crashes(name: string, title: string, pick: (stage: Stage) => Promise<Container[]>): Scenario {
  return {
    name,
    title,
    bar: "0 failed; back by itself; no data lost",
    needs: "any stack",
    play: (stage) =>
      losingNothing(stage, async () => {
        const victims = await pick(stage);
        await stage.act(title, () => crash(...victims));
        await stage.back("it runs again", 15, async () => {
          for (const victim of victims) await stage.isBack(victim);
        });
        await stage.back("Consul is whole", WHOLE, () => stage.consulIsWhole());
      }),
  };
}

export const consul: Scenario[] = [
  {
    name: "consul-count",
    title: "Consul servers 3 → 5 → 3",
    bar: "0 failed; a leader all the time but for one election at a time; no data lost, and writes go on",
    needs: "own stack",
    play: (stage) =>
      losingNothing(stage, async () => {
        for (const servers of [5, 3]) {
          const silent = await whileWriting(stage, await writerOf(stage), async () => {
            await stage.act(`${servers} Consul servers`, () =>
              stage.fleet.up((config) => {
                config.consul.servers = servers;
              }),
            );
          });
          stage.expect("no write had to wait longer than for one election", silent < 15, silent);
          await stage.back("each server votes", 30, () => stage.consulIsWhole(servers));
        }
      }),
  },
  {
    name: "consul-image",
    title: "A new Consul image for all servers and the agent",
    bar: "0 failed; a leader all the time but for one election at a time; no data lost, and writes go on",
    needs: "own stack",
    play: (stage) =>
      losingNothing(stage, async () => {
        const before = await stage.fleet.containers();
        stage.fleet.project.renewImage("consul");
        const silent = await whileWriting(stage, await writerOf(stage), async () => {
          await stage.act("a new Consul image", () => stage.fleet.up());
        });
        stage.expect("no write had to wait longer than for one election", silent < 15, silent);
        const after = [...(await stage.fleet.containers("consul")), await stage.fleet.the("agent")];
        const old = after.filter(({ Id }) => before.some((container) => container.Id === Id));
        stage.expect("all of them are new", after.length === 4 && old.length === 0);
        await stage.back("Consul is whole", WHOLE, () => stage.consulIsWhole());
      }),
  },
  crashes("kill-agent", "kill -9 of the agent", async ({ fleet }) => [await fleet.the("agent")]),
  {
    name: "kill-consul-template",
    title: "kill -9 of consul-template in every balancer",
    bar: "0 failed; back by itself",
    needs: "any stack",
    async play(stage) {
      const balancers = await stage.fleet.containers("balancer");
      // By what /proc says: neither ps nor pkill is in the image.
      const find =
        'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = consul-template ] && basename $p; done; true';
      const pidIn = async ({ Id }: Container) => (await docker("exec", Id, "sh", "-c", find)).trim();
      const before = await Promise.all(balancers.map(pidIn));
      await stage.act("kill -9 of consul-template", async () => {
        for (const [index, { Id }] of balancers.entries()) {
          await docker("exec", Id, "sh", "-c", `kill -9 ${before[index]}`);
        }
      });
      await stage.back("it runs again", 5, async () => {
        for (const [index, balancer] of balancers.entries()) {
          const pid = await pidIn(balancer);
          if (!pid || pid === before[index]) throw new Error(`not in ${balancer.Name}`);
        }
      });
      const more = stage.fleet.size.servers + 1;
      await stage.act("one more server", () =>
        stage.fleet.up(({ services }) => {
          Object.assign(services[stage.fleet.service] ?? {}, { replicas: more });
        }),
      );
      await stage.back("the balancers follow again", 5, () => stage.allServersUp(more));
    },
  },
  crashes("kill-follower", "kill -9 of a Consul follower", async (stage) =>
    (await byRank(stage)).slice(1, 2),
  ),
  crashes("kill-leader", "kill -9 of the Consul leader", async (stage) => (await byRank(stage)).slice(0, 1)),
  crashes("kill-all-consul", "kill -9 of all Consul servers at once", (stage) =>
    stage.fleet.containers("consul"),
  ),
  {
    name: "no-consul",
    title: "All of Consul, agent and servers, away",
    bar: "0 failed in 2 minutes (short form: 10 s) under load; no data lost",
    needs: "any stack",
    play: (stage) =>
      losingNothing(stage, async () => {
        const seconds = stage.short ? 10 : 120;
        const all = [...(await stage.fleet.containers("consul")), await stage.fleet.the("agent")];
        const names = all.map(({ Name }) => Name);
        await stage.act("all of Consul is stopped", () => docker("kill", ...names));
        await sleep(seconds);
        await stage.act("and started again", () => docker("start", ...names));
        await stage.back("Consul is whole", WHOLE, () => stage.consulIsWhole());
        await stage.allServersUp();
      }),
  },
];
