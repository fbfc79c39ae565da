import { within } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Ends `pulumi up` without a chance to put anything in order, then does what the README says. */
async function killedUp(stage: Stage, title: string, moment: () => Promise<void>): Promise<void> {
  const { stack } = stage.fleet;
  await stage.act(`${title}, killed on the way`, () => stack.killUp(moment));
  await stage.act("pulumi cancel, pulumi up", async () => {
    await stack.cancel();
    await stack.run("up");
  });
}

export const interrupted: Scenario[] = [
  {
    name: "kill-up-scaling",
    title: "kill -9 of pulumi in the middle of scaling 4 → 8",
    bar: "0 failed; pulumi cancel and the next up finish the job",
    needs: "own stack",
    async play(stage) {
      stage.fleet.configure(({ services }) => {
        services.web.replicas = 8;
      });
      await killedUp(stage, "4 → 8 servers", () =>
        within(60, "the first new server is there", async () => {
          if ((await stage.servers()).length < 5) throw new Error("not yet");
        }),
      );
      await stage.back("just 8 servers serve", 5, () => stage.allServersUp(8));
      stage.expect("no container is left over", (await stage.servers()).length === 8);
    },
  },
  {
    name: "kill-up-rolling",
    title: "kill -9 of pulumi in the middle of rolling a new environment",
    bar: "0 failed; pulumi cancel and the next up finish the job",
    needs: "own stack",
    async play(stage) {
      const old = await stage.servers();
      stage.fleet.configure(({ services }) => {
        services.web.env.COLOUR = `green ${Date.now()}`;
      });
      // Half-way through: new ones take requests already, old ones still do.
      await killedUp(stage, "a new environment", () =>
        within(60, "a new server is with a balancer", async () => {
          const names = Object.keys(await stage.fleet.serversSeenBy(1));
          if (names.every((name) => old.some(({ Name }) => Name === name))) throw new Error("not yet");
        }),
      );
      await stage.back("just 4 servers serve", 5, () => stage.allServersUp(4));
      const now = await stage.servers();
      const left = now.filter(({ Id }) => old.some((container) => container.Id === Id));
      stage.expect("all are new, and none is left over", now.length === 4 && left.length === 0, now.length);
    },
  },
];
