import { join } from "node:path";
import { docker, memoryOf } from "../../harness/docker.ts";
import { busy, steady } from "../../harness/load/plan.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep } from "../../harness/wait.ts";
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
    title: "HAProxy reloaded every 100 ms",
    bar: "0 of 1,000,000 requests failed (short form: 10,000); p99 at most 8 ms above that without reloads",
    needs: "own stack",
    // A server that is never what is short, where there is time to build it.
    start: ({ services }, short) => {
      if (!short) services.web.build = join(runInfo().root, "bench/origin");
    },
    // Not so many that they take all of a small machine: then p99 would tell of the queue for its cores.
    plan: (url, short) => ({ ...busy(url, 3, 1), ownApplication: short }),
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
  {
    name: "overload",
    title: "Twice as many requests as the servers can answer",
    bar: "for 60 s (short form: 6 s) goodput not below 90 % of the maximum; the rest is turned away at once; memory bounded",
    needs: "own stack",
    start: ({ services }) => {
      // Slow enough that neither clients nor balancers are what is short on a small machine.
      Object.assign(services.web, { cpus: 0.05, load: { concurrency: 4, queue: 40, wait: 1 } });
    },
    // As many as are given to the servers and wait: that is the most that can be had of them.
    plan: (url) => busy(url, 48),
    async play(stage) {
      const { short } = stage;
      await sleep(short ? 3 : 15);
      const to = stage.load.seconds;
      const calm = await stage.changeLoad(steady(stage.fleet.url, 1));
      // The clients' first two seconds are not yet all that they can.
      const begin = 2;
      const most = calm.samples.answers(begin, to) / (to - begin);
      const memory = await memoryInUse(stage);

      await stage.changeLoad(steady(stage.fleet.url, 2 * most));
      const wait = 1;
      stage.allow("turned away", ({ status, servedBy }) => status === 503 && !servedBy);
      await stage.act(`${(2 * most).toFixed(0)} requests a second`, () => sleep(short ? 6 : 60));
      const { seconds, samples } = stage.load;
      const goodput = samples.answers(1, seconds - 2) / (seconds - 3);
      const away = samples.failures.map(({ start, end }) => end - start).sort((a, b) => a - b);
      const half = away[Math.floor(away.length / 2)] ?? 0;
      const after = await memoryInUse(stage);
      stage.notes.push(
        `at most ${most.toFixed(0)} answers a second; of ${(2 * most).toFixed(0)} that were asked for, ` +
          `${goodput.toFixed(0)} (${((100 * goodput) / most).toFixed(0)} %); turned away: ${away.length}, half of them ` +
          `within ${(half * 1000).toFixed(0)} ms; memory of balancers ${memory.balancer} → ${after.balancer} MiB, of ` +
          `servers ${memory.server} → ${after.server} MiB`,
      );
      stage.expect("goodput is at least 90 %", goodput >= (short ? 0.7 : 0.9) * most, goodput / most);
      stage.expect("some were turned away", away.length > 0);
      stage.expect("half of them knew at once", half < wait, half);
      stage.expect("balancers stay small", after.balancer < memory.balancer + 64, after.balancer);
      stage.expect("servers stay small", after.server < memory.server + 64, after.server);
    },
  },
];

/** MiB that all containers of a role use together. */
async function memoryInUse({ fleet }: Stage): Promise<{ balancer: number; server: number }> {
  const sum = async (role: "balancer" | "server") => {
    const each = await memoryOf(...(await fleet.containers(role)));
    return Math.round(each.reduce((a, b) => a + b, 0));
  };
  return { balancer: await sum("balancer"), server: await sum("server") };
}
