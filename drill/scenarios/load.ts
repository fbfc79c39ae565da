import { docker } from "../../harness/docker.ts";
import { sleep } from "../../harness/wait.ts";
import { busy } from "../load/plan.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Reloads HAProxy in every balancer again and again; gives how often it did. */
async function reloading(stage: Stage, until: () => boolean): Promise<number> {
  const balancers = await stage.fleet.containers("balancer");
  // What the balancer itself does when its configuration changes, ten times a second, from inside: `docker exec` would
  // take longer than that.
  const reload = "echo reload | socat -t30 - UNIX-CONNECT:/run/flotilla/master.sock";
  const script = `i=0; while [ -e /tmp/reloading ]; do ${reload} | grep -q Success=1 && i=$((i + 1)); sleep 0.1; done; echo $i`;
  const counts = balancers.map(({ Id }) => docker("exec", Id, "sh", "-c", `touch /tmp/reloading; ${script}`));
  while (!until()) await sleep(0.2);
  for (const { Id } of balancers) await docker("exec", Id, "rm", "-f", "/tmp/reloading");
  return (await Promise.all(counts)).reduce((sum, count) => sum + Number(count), 0);
}

export const underLoad: Scenario[] = [
  {
    name: "reloads",
    title: "HAProxy reloaded every 100 ms for 1,000,000 requests",
    bar: "0 failed; p99 at most 8 ms above that without reloads",
    needs: "own stack",
    plan: (url) => busy(url, 8),
    async play(stage) {
      const wanted = stage.short ? 10_000 : 1_000_000;
      const { load } = stage;
      const quiet = stage.short ? 2 : 20;
      const begin = load.seconds;
      await stage.act("no reloads", () => sleep(quiet));
      const from = load.seconds;
      const before = load.samples.requests;
      const deadline = from + (stage.short ? 120 : 3600);
      const reloads = await stage.act("reloads", () =>
        reloading(stage, () => load.samples.requests - before >= wanted || load.seconds > deadline),
      );
      const to = load.seconds;
      const requests = load.samples.requests - before;
      const [calm, shaken] = [load.samples.latency(begin, from), load.samples.latency(from, to)];
      stage.notes.push(
        `${requests} requests in ${(to - from).toFixed(0)} s beside ${reloads} reloads; p99 ${shaken.p99.toFixed(1)} ms, ` +
          `${calm.p99.toFixed(1)} ms without`,
      );
      stage.expect(`${wanted} requests were made`, requests >= wanted, requests);
      stage.expect(
        "HAProxy was reloaded all the time",
        reloads > (to - from) * (stage.short ? 0.5 : 2),
        reloads,
      );
      if (!stage.short)
        stage.expect("p99 is at most 8 ms more", shaken.p99 - calm.p99 <= 8, shaken.p99 - calm.p99);
    },
  },
];
