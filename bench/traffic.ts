import { join } from "node:path";
import { containers, docker } from "../harness/docker.ts";
import { runInfo } from "../harness/run-info.ts";
import { networkName } from "../lib/names.ts";
import { Deployment, gateway, serving } from "./deployment.ts";
import { proxies } from "./peers/proxies.ts";
import type { PeerProxy } from "./peers/proxy.ts";
import { rotated, type Session } from "./session.ts";
import { us } from "./statistics.ts";
import { haveWrk, load, shareOfMachine } from "./wrk.ts";

export const method = `\
wrk (1 thread, 64 kept connections, 6 s after 2 s of warm-up) asks for an answer of 1 KiB: one server directly, then
flotilla's shared port with its two balancers, Caddy and Traefik, each before the same four servers (nginx, one worker
each). All live in one Docker network with a published port, reached on this machine's address in that network, so that
every byte goes the same way, through the kernel. All check the servers' health, try a request elsewhere when a server
fails, keep connections to the servers and write no access log. Client, balancers and servers share the machine: the row
"client's share" says how much of it is wrk's. One contestant at a time; who begins changes with each round.`;

const SECONDS = 6;
const WARM_UP = 2;
const CONNECTIONS = 64;
const SERVERS = 4;
const directPort = 21_090;

export async function measure(session: Session): Promise<void> {
  if (!haveWrk()) {
    session.notes.add("wrk is missing (on Debian: apt-get install wrk): traffic is not measured");
    return;
  }
  const { name } = session;
  const deployment = new Deployment(name, join(runInfo().root, "bench/origin"));
  const peers: PeerProxy[] = [];
  const direct = `${name}-direct`;
  try {
    await deployment.stack.create();
    await deployment.up(SERVERS);
    const servers = await containers(name, "server");
    const names = servers.map(({ Name }) => Name);
    const network = networkName(name);
    await docker(
      ...["run", "--detach", "--name", direct, "--network", network],
      ...["--publish", `${directPort}:8000`, servers[0]?.Config.Image ?? ""],
    );
    for (const proxy of proxies(session, network)) {
      peers.push(proxy);
      await proxy.start(names);
      await serving(proxy.url, SERVERS);
    }
    const contestants = [
      { by: us, url: deployment.url },
      { by: "direct", url: `http://${gateway}:${directPort}/` },
      ...peers.map(({ by, url }) => ({ by, url })),
    ];
    await session.eachRound(async (round) => {
      for (const { by, url } of rotated(contestants, round)) {
        await load(url, WARM_UP, CONNECTIONS);
        const { perSecond, p50, p99, failures, cpuSeconds } = await load(url, SECONDS, CONNECTIONS);
        session.record(by, "requests per second (more is better)", perSecond);
        session.record(by, "median latency, ms", p50);
        session.record(by, "p99 latency, ms", p99);
        session.record(by, "failures", failures);
        const share = 100 * shareOfMachine(cpuSeconds, SECONDS);
        session.record(by, "client's share of the machine, %", share, { aside: true });
      }
    });
  } finally {
    for (const proxy of peers) await proxy.remove();
    await docker("rm", "--force", direct);
    await deployment.remove();
  }
}
