import { type Role, removeByHand } from "../../harness/docker.ts";
import { sleep } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

function removed(role: Role, title: string, bar: string, excuse: (stage: Stage) => void): Scenario {
  return {
    name: `remove-${role}`,
    title,
    bar,
    needs: "any stack",
    async play(stage) {
      excuse(stage);
      const before = await stage.fleet.containers(role);
      const [victim] = before;
      if (!victim) throw new Error(`there is no ${role}`);
      await stage.act(title, () => removeByHand(victim));
      await sleep(stage.short ? 1 : 5);
      await stage.act("up --refresh", () => stage.fleet.stack.run("up", "--refresh"));
      const after = await stage.fleet.containers(role);
      stage.expect("it is there again", after.length === before.length);
      await stage.back("every balancer has every server", 10, () => stage.allServersUp());
      // For up to a minute its leader may not see that an agent is back: longer than the short form has.
      if (!stage.short) await stage.back("Consul is whole", 90, () => stage.consulIsWhole());
    },
  };
}

export const operator: Scenario[] = [
  removed(
    "server",
    "docker rm -f of a server",
    "0 failed but for POSTs that had been sent to it, which are never sent twice; up --refresh restores",
    (stage) => stage.allowSentPosts(),
  ),
  removed(
    "balancer",
    "docker rm -f of a balancer",
    "0 failed but for what it held; up --refresh restores",
    (stage) => {
      const from = stage.load.seconds;
      stage.allow(
        "held by the balancer that was removed",
        ({ start, end }) => start <= from + 1 && end >= from && end <= from + 2.5,
      );
    },
  ),
  removed("agent", "docker rm -f of the agent", "0 failed; up --refresh restores", () => {}),
];
