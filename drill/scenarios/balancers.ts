import { crash } from "../../harness/docker.ts";
import { everyKind, oneRetry } from "../../harness/load/plan.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

const balancersOf = ({ fleet }: Stage) => fleet.containers("balancer");

function renewed(name: string, title: string, count: number, renew: (stage: Stage) => void): Scenario {
  return {
    name,
    title,
    bar: "0 failed",
    needs: "own stack",
    start: ({ loadBalancers }) => {
      loadBalancers.count = count;
    },
    async play(stage) {
      const before = await balancersOf(stage);
      renew(stage);
      await stage.act(title, () => stage.fleet.up());
      const after = await balancersOf(stage);
      const left = after.filter(({ Id }) => before.some((container) => container.Id === Id));
      stage.expect(`${count} balancers, all of them new`, after.length === count && left.length === 0);
      await stage.allAnswer(count);
    },
  };
}

export const balancers: Scenario[] = [
  renewed("balancer-image", "A new balancer image for 2 balancers", 2, ({ fleet }) =>
    fleet.project.renewImage("balancer"),
  ),
  renewed("balancer-configuration", "A new configuration for 2 balancers", 2, ({ fleet }) =>
    fleet.project.renewBalancerConfiguration(),
  ),
  renewed("balancer-image-alone", "A new balancer image for 1 balancer", 1, ({ fleet }) =>
    fleet.project.renewImage("balancer"),
  ),
  renewed("balancer-configuration-alone", "A new configuration for 1 balancer", 1, ({ fleet }) =>
    fleet.project.renewBalancerConfiguration(),
  ),
  {
    name: "balancer-count",
    title: "Balancers 2 → 4 → 1",
    bar: "0 failed",
    needs: "own stack",
    async play(stage) {
      for (const count of [4, 1]) {
        await stage.act(count === 1 ? "1 balancer" : `${count} balancers`, () =>
          stage.fleet.up(({ loadBalancers }) => {
            loadBalancers.count = count;
          }),
        );
        stage.expect(`${count} balancers run`, (await balancersOf(stage)).length === count);
        await stage.allAnswer(count);
      }
    },
  },
  {
    name: "kill-balancer",
    title: "kill -9 of a balancer",
    bar: "only what it held; 0 failed with a client that retries once; back by itself within 3 s",
    needs: "any stack",
    plan: (url, short) => {
      const plan = everyKind(url);
      return { ...plan, clients: [...plan.clients, ...oneRetry], sockets: short ? 0 : plan.sockets };
    },
    async play(stage) {
      const [victim] = await balancersOf(stage);
      if (!victim) throw new Error("there is no balancer");
      const from = stage.load.seconds;
      await stage.act("kill -9 of a balancer", () => crash(victim));
      const killed = stage.load.seconds;
      // `docker run`, which sends the signal, takes a while: the moment lies between the two.
      stage.allow(
        "held by the balancer that was killed",
        ({ client, start, end }) =>
          !/sent again/.test(client) && start <= killed && end >= from && end <= killed + 1,
      );
      await stage.back("it runs and answers again", 3, async () => {
        await stage.isBack(victim);
        await stage.allAnswer();
        await stage.allServersUp();
      });
    },
  },
  {
    name: "kill-front",
    title: "kill -9 of front, which holds the balancers' network",
    bar: "serving again by itself within 5 s",
    needs: "any stack",
    async play(stage) {
      const front = await stage.fleet.the("front");
      const served = stage.allowFromNow("while there was no network");
      await stage.act("kill -9 of front", () => crash(front));
      await stage.back("the shared port and every balancer serve again", 5, async () => {
        await stage.isBack(front);
        await stage.allAnswer();
        await stage.allServersUp();
        await stage.calmFor(1);
      });
      served();
    },
  },
];
