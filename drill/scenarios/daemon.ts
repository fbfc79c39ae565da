import { Daemon } from "../../harness/engine/daemon.ts";
import { runInfo } from "../../harness/run-info.ts";
import type { Scenario } from "../scenario.ts";

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
      const served = stage.allowFromNow("while the daemon was away");
      await stage.act(title, () => end(daemon));
      await stage.act("the daemon returns", () => daemon.start());
      await stage.back("every port serves again", 15, async () => {
        await stage.allAnswer();
        await stage.allServersUp();
        await stage.calmFor(2);
      });
      served();
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

export const daemon: Scenario[] = [
  ends("restart-daemon", "Restart of the Docker daemon", (daemon) => daemon.stop()),
  ends("kill-daemon", "kill -9 of the Docker daemon", (daemon) => daemon.kill()),
];
