import { join } from "node:path";
import { type Container, containers, docker } from "../harness/docker.ts";
import { runInfo } from "../harness/run-info.ts";
import { say } from "../harness/say.ts";
import { sleep, within } from "../harness/wait.ts";
import { networkName } from "../lib/names.ts";
import { Deployment, serving } from "./deployment.ts";
import { disturbance, firstAnswer, type Sample } from "./disturbance.ts";
import { Observer } from "./observer.ts";
import { proxies } from "./peers/proxies.ts";
import type { PeerProxy } from "./peers/proxy.ts";
import { rotated, type Session } from "./session.ts";
import { us } from "./statistics.ts";

export const method = `\
300 requests a second over kept connections, none repeated, each noted with its times and the server that answered. Death:
\`kill -9\` of one of four servers' first process, its restart policy suspended so that it stays dead; a request counts
when it failed or took longer than 200 ms; "noticed for" is the time from the kill to the last such request, 0 when there
was none. Birth: a fifth server, from the moment its container was started (Docker's \`StartedAt\`) to its first answer
through the balancer. flotilla gets it by \`pulumi up\` (which admits a server once it has passed its check), Caddy by
\`docker run\` and \`caddy reload\`, Traefik by \`docker run\` and Docker's event. All check health every 500 ms, and wait
1 s at the most for a connection. The servers are the same for all; one contestant at a time.`;

const RATE = 300;
const SERVERS = 4;

export async function measure(session: Session): Promise<void> {
  const { name } = session;
  const network = networkName(name);
  const deployment = new Deployment(name, join(runInfo().root, "bench/origin"));
  const peers: PeerProxy[] = [];
  try {
    await deployment.stack.create();
    await deployment.up(SERVERS);
    const names = async () => (await containers(name, "server")).map(({ Name }) => Name);
    for (const proxy of proxies(session, network)) {
      peers.push(proxy);
      await proxy.start(await names());
    }
    const flotilla: Contestant = {
      by: us,
      url: deployment.url,
      add: async () => {
        const before = new Set(await names());
        await deployment.up(SERVERS + 1);
        const added = (await containers(name, "server")).find(({ Name }) => !before.has(Name));
        if (added === undefined) throw new Error("no server has come");
        return { added, remove: () => deployment.up(SERVERS) };
      },
    };
    const contestants = [flotilla, ...peers.map((proxy) => besides(proxy, session, names))];
    const settled = () => Promise.all(contestants.map(({ url }) => serving(url, SERVERS)));
    await session.eachRound(async (round) => {
      for (const contestant of rotated(contestants, round)) {
        await settled();
        await death(session, contestant, round);
        await settled();
        await birth(session, contestant);
        for (const proxy of peers) await proxy.follow(await names());
      }
    });
  } finally {
    for (const proxy of peers) await proxy.remove();
    await deployment.remove();
  }
}

interface Contestant {
  readonly by: string;
  readonly url: string;
  /** Starts one more server, in the way that is the contestant's own. */
  add(): Promise<{ added: Container; remove: () => Promise<unknown> }>;
}

async function death(session: Session, { by, url }: Contestant, round: number): Promise<void> {
  const servers = await containers(session.name, "server");
  const victim = servers[round % servers.length] as Container;
  // It would be back within half a second.
  await docker("update", "--restart=no", victim.Id);
  const observer = new Observer(url, RATE);
  await sleep(2);
  const moment = await kill(victim);
  await sleep(6);
  const samples = await observer.stop();
  const { failures, delays, noticedFor, longest } = disturbance(samples, moment);
  tellFailures(samples);
  await docker("update", "--restart=always", victim.Id);
  await docker("start", victim.Id);
  session.record(by, "death: requests that failed", failures);
  session.record(by, "death: requests delayed over 200 ms", delays);
  session.record(by, "death: noticed for, s", noticedFor);
  session.record(by, "death: longest request, s", longest);
}

/** `kill -9` on the engine's own machine; gives the moment before, in milliseconds of the epoch. */
async function kill({ State: { Pid } }: Container): Promise<number> {
  const script = `date +%s%3N; kill -KILL ${Pid}`;
  const flags = ["--rm", "--pid=host", "--network=none"];
  return Number(await docker("run", ...flags, "debian:trixie-slim", "sh", "-c", script));
}

async function birth(session: Session, { by, url, add }: Contestant): Promise<void> {
  const observer = new Observer(url, RATE);
  await sleep(1);
  const { added, remove } = await add();
  const server = added.Config.Hostname;
  try {
    const first = await within(30, `${server} answers at ${url}`, () => {
      const moment = firstAnswer(observer.samples, server);
      if (moment === undefined) throw new Error("it has not yet");
      return moment;
    });
    session.record(by, "birth: start to first answer, s", (first - Date.parse(added.State.StartedAt)) / 1000);
    const failures = tellFailures(await observer.stop());
    session.record(by, "birth: requests that failed", failures);
  } finally {
    await observer.stop();
    await remove();
  }
}

/** Says why requests failed; gives how many did. */
function tellFailures(samples: readonly Sample[]): number {
  const reasons = samples.flatMap(({ failure = [] }) => failure);
  for (const reason of new Set(reasons)) {
    say(`  ${reasons.filter((other) => other === reason).length} × ${reason}`);
  }
  return reasons.length;
}

/** A proxy that stands beside flotilla's balancers: its fifth server is a container of our own. */
function besides(proxy: PeerProxy, { name }: Session, names: () => Promise<string[]>): Contestant {
  return {
    by: proxy.by,
    url: proxy.url,
    add: async () => {
      const [model] = await containers(name, "server");
      const extra = `${name}-extra`;
      await docker(
        ...["run", "--detach", "--name", extra, "--network", networkName(name)],
        ...["--label", `bench.stack=${name}`, model?.Config.Image ?? ""],
      );
      await proxy.follow([...(await names()), extra]);
      const [added] = JSON.parse(await docker("inspect", extra)) as Container[];
      if (added === undefined) throw new Error(`${extra} is not there`);
      const remove = async () => {
        await proxy.follow(await names());
        await docker("rm", "--force", extra);
      };
      return { added, remove };
    },
  };
}
