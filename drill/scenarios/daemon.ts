import { Daemon } from "../../harness/engine/daemon.ts";
import { get } from "../../harness/http.ts";
import { runInfo } from "../../harness/run-info.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

function ends(name: string, title: string, end: (daemon: Daemon) => Promise<void>): Scenario {
  return {
    name,
    title,
    bar: "serving again by itself within 15 s of the daemon's return; no data lost",
    needs: "own engine",
    async play(stage) {
      const { folder, namespace = "" } = runInfo();
      const daemon = new Daemon(folder, namespace);
      await (await stage.fleet.consul()).put("/v1/kv/drill/kept", "through the restart");
      const before = await stage.fleet.containers();
      const from = stage.load.seconds;
      let back = Number.POSITIVE_INFINITY;
      stage.allow("while the daemon was away", ({ start, end }) => end >= from && start <= back);
      await stage.act(title, () => end(daemon));
      await stage.act("the daemon returns", () => daemon.start());
      await stage.back("every port serves again", 15, () => everyPortServes(stage));
      back = stage.load.seconds;
      await stage.back("Consul is whole", 90, () => stage.consulIsWhole());
      const value = await (await stage.fleet.consul()).value("drill/kept");
      stage.expect("Consul has kept what it had", value === "through the restart", value);
      const after = await stage.fleet.containers();
      const same = after.map(({ Id }) => Id).join() === before.map(({ Id }) => Id).join();
      stage.expect("all are the same containers", same);
      await stage.fleet.stack.run("preview", "--refresh", "--expect-no-changes");
    },
  };
}

async function everyPortServes(stage: Stage): Promise<void> {
  const { fleet } = stage;
  for (const url of [fleet.url, fleet.balancerUrl(1), fleet.balancerUrl(2)]) {
    const { status } = await get(url);
    if (status !== 200) throw new Error(`${url} answers ${status}`);
  }
  await stage.allServersUp();
  await stage.calmFor(2);
}

export const daemon: Scenario[] = [
  ends("restart-daemon", "Restart of the Docker daemon", (daemon) => daemon.stop()),
  ends("kill-daemon", "kill -9 of the Docker daemon", (daemon) => daemon.kill()),
];
