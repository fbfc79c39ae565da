import { join } from "node:path";
import { containers, docker } from "../harness/docker.ts";
import { Load } from "../harness/load/load.ts";
import { type Plan, steady } from "../harness/load/plan.ts";
import { runInfo } from "../harness/run-info.ts";
import { sleep } from "../harness/wait.ts";
import { serviceBackend } from "../lib/haproxy.ts";
import { networkName } from "../lib/names.ts";
import { cpuSeconds } from "./cpu.ts";
import { Deployment, serving } from "./deployment.ts";
import { addressesOf } from "./peers/answering.ts";
import { rotated, type Session } from "./session.ts";

export const method = `\
What it costs to tell a balancer something new. 500 requests a second over kept connections, none repeated, to one
balancer's own port, with four servers (nginx) behind it, for 10 s each: at rest; while that HAProxy is reloaded by its
master socket ten times a second; and while, ten times a second, a fifth server is added by its runtime API (\`add server\`,
\`enable health\`, \`enable server\`) or taken away by it (\`set server … state maint\`, \`wait … srv-removable\`, \`del server\`).
The turn changes with each round. The bar: a reload's p99 at most 8 ms above that at rest.`;

const RATE = 500;
const SECONDS = 10;
const SERVERS = 4;

/** Its options are those of the servers in haproxy.cfg, but that what is added at runtime can't have its name resolved. */
const OPTIONS =
  "check inter 500ms fastinter 100ms downinter 500ms rise 1 fall 2 observe layer4 error-limit 1 on-error mark-down";

export async function measure(session: Session): Promise<void> {
  const { name } = session;
  const deployment = new Deployment(name, join(runInfo().root, "bench/origin"));
  const extra = `${name}-extra`;
  try {
    await deployment.stack.create();
    await deployment.up(SERVERS);
    const [[server], [balancer]] = await Promise.all([
      containers(name, "server"),
      containers(name, "balancer"),
    ]);
    if (!server || !balancer) throw new Error("the stack is not whole");
    await docker("run", "--detach", "--name", extra, "--network", networkName(name), server.Config.Image);
    const [address = ""] = await addressesOf([extra]);
    const contestants = [
      { by: "at rest", change: "false" },
      { by: "reloads", change: reload },
      { by: "runtime API", change: runtime(`${serviceBackend("web")}/extra`, address) },
    ];
    const url = deployment.balancerUrl(1);
    await serving(url, SERVERS);
    await session.eachRound(async (round) => {
      const p99 = new Map<string, number>();
      for (const { by, change } of rotated(contestants, round - 1)) {
        const { changes, latency, failures, cpu } = await underChanges(url, balancer.Id, change);
        session.record(by, "changes a second", changes);
        session.record(by, "median latency, ms", latency.p50);
        session.record(by, "p99 latency, ms", latency.p99);
        session.record(by, "longest, ms", latency.max);
        session.record(by, "failures", failures);
        session.record(by, "the balancer's CPU, % of a core", cpu);
        p99.set(by, latency.p99);
      }
      const atRest = p99.get("at rest") ?? 0;
      for (const [by, value] of p99)
        if (by !== "at rest") session.record(by, "p99 above that at rest, ms", value - atRest);
    });
  } finally {
    await docker("rm", "--force", extra);
    await deployment.remove();
  }
}

/** Does one change; fails where HAProxy did not take it. */
const reload = "echo reload | socat -t30 - UNIX-CONNECT:/run/flotilla/master.sock | grep -q Success=1";

/** The same by its runtime API: a server comes where it is not there, and goes where it is. */
function runtime(server: string, address: string): string {
  const ask = (...commands: string[]) =>
    `echo "${commands.join("; ")}" | socat -t30 - UNIX-CONNECT:/run/flotilla/admin.sock`;
  const add = ask(
    `add server ${server} ${address} ${OPTIONS}`,
    `enable health ${server}`,
    `enable server ${server}`,
  );
  const remove = ask(
    `set server ${server} state maint`,
    `wait 5s srv-removable ${server}`,
    `del server ${server}`,
  );
  return `{ ${add} | grep -q registered || ${remove} | grep -q 'Server deleted'; }`;
}

/** Has a balancer changed ten times a second while requests come at a steady rate. */
async function underChanges(url: string, balancer: string, change: string) {
  // From inside: `docker exec` would take longer than a change.
  const script = `i=0; while [ -e /tmp/changing ]; do sleep 0.1 & ${change} && i=$((i + 1)); wait; done; echo $i`;
  const plan: Plan = { ...steady(url, RATE), ownApplication: false };
  const load = new Load(plan);
  try {
    await sleep(2);
    const counted = docker("exec", balancer, "sh", "-c", `touch /tmp/changing; ${script}`);
    const [from, cpuBefore] = [load.seconds, await cpuSeconds(balancer)];
    await sleep(SECONDS);
    const [to, cpuAfter] = [load.seconds, await cpuSeconds(balancer)];
    await docker("exec", balancer, "rm", "-f", "/tmp/changing");
    const changes = Number(await counted) / (to - from);
    const cpu = (100 * (cpuAfter - cpuBefore)) / (to - from);
    return { changes, latency: load.samples.latency(from, to), failures: load.samples.failures.length, cpu };
  } finally {
    await load.stop();
  }
}
