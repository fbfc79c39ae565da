import { shortIds } from "../../harness/docker.ts";
import { Daemon } from "../../harness/engine/daemon.ts";
import { get } from "../../harness/http.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep } from "../../harness/wait.ts";
import { secondService } from "../key-changes.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { withSecondService } from "./every-key.ts";

/**
 * Asks each of two services, over and over, until it is told to end; returns what another one answered. Docker gives
 * containers new addresses when it starts them again, those of others among them.
 */
async function strangers({ fleet }: Stage): Promise<{ end(): Promise<string[]> }> {
  const seen: string[] = [];
  let over = false;
  const places = { [fleet.service]: fleet.url, [secondService]: `${fleet.url}${secondService}` };
  const owned = await Promise.all(
    Object.entries(places).map(async ([service, url]) => ({
      service,
      url,
      own: shortIds(await fleet.servers(service)),
    })),
  );
  const asking = owned.map(async ({ service, url, own }) => {
    while (!over) {
      const by = await get(url).then(
        ({ headers }) => headers["x-served-by"],
        () => undefined,
      );
      if (typeof by === "string" && !own.includes(by)) seen.push(`${by} for ${service}`);
      await sleep(0.01);
    }
  });
  return {
    async end() {
      over = true;
      await Promise.all(asking);
      return seen;
    },
  };
}

function ends(name: string, title: string, end: (daemon: Daemon) => Promise<void>): Scenario {
  return {
    name,
    title,
    bar: "serving again by itself within 15 s of the daemon's return; no data lost",
    needs: "own engine",
    start: (config) => withSecondService(config, false),
    async play(stage) {
      const { folder, namespace = "" } = runInfo();
      const daemon = new Daemon(folder, namespace);
      await (await stage.fleet.consul()).put("/v1/kv/drill/kept", "through the restart");
      const before = await stage.fleet.containers();
      const watch = await strangers(stage);
      const served = stage.allowFromNow("while the daemon was away");
      await stage.act(title, () => end(daemon));
      await stage.act("the daemon returns", () => daemon.start());
      await stage.back("every port serves again", 15, async () => {
        await stage.allAnswer();
        await stage.allServersUp();
        await stage.calmFor(2);
      });
      served();
      const wrong = await watch.end();
      stage.expect("each service answers for itself", wrong.length === 0, wrong);
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
