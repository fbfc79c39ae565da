import { join } from "node:path";
import { type Container, containers, docker } from "../harness/docker.ts";
import { runInfo } from "../harness/run-info.ts";
import type { Bar } from "./bars.ts";
import { cpuSeconds } from "./cpu.ts";
import { Deployment } from "./deployment.ts";
import { rotated, type Session } from "./session.ts";
import { us } from "./statistics.ts";
import { parseValkeyBenchmark } from "./valkey.ts";
import { parseWrk, wrk } from "./wrk.ts";

const CLIENTS = 50;
const CONNECTIONS = 16;
const SECONDS = 6;
const WARM_UP = 2;

export const method = `\
A service asks two others, by its own host's balancers (\`requires\`) and directly: one copy of Valkey by valkey-benchmark,
${CLIENTS} clients, one command after the other, 16 at once, and with values of 16 KiB; and one copy of nginx, for an answer of 1 KiB,
by wrk, ${CONNECTIONS} kept connections, ${SECONDS} s after ${WARM_UP} s of warm-up. Both run in the service's own container, so that all bytes go by
the stack's network; balancers and direct take turns. Client, balancers and servers share the machine: where that has no core
to spare, what a command takes of it in all, and of that the balancers, is what decides.
Bar: at least 0.6 of what Valkey does directly.`;

/** Ways of asking Valkey, with as many commands of each kind as take some seconds. */
const ways = [
  { way: "", commands: 150_000, flags: [] },
  { way: " in pipelines of 16", commands: 1_000_000, flags: ["-P", "16"] },
  { way: " of 16 KiB", commands: 60_000, flags: ["-d", "16384"] },
];
type Way = (typeof ways)[number];

const DIRECT = "direct";
const perSecond = (what: string) => `${what}, per second (more is better)`;

export const bars: readonly Bar[] = ways
  .flatMap(({ way }) => [`SET${way}`, `GET${way}`])
  .map((what) => ({ what: perSecond(what), atLeast: { ratio: 0.6, to: DIRECT } }));

export async function measure(session: Session): Promise<void> {
  const { root } = runInfo();
  const { name } = session;
  const rollout = { settle: 0 };
  const store = {
    build: join(root, "test/fixtures/valkey"),
    replicas: 1,
    port: 6379,
    protocol: "tcp",
    rollout,
  };
  const caller = {
    build: join(root, "bench/caller"),
    replicas: 1,
    init: true,
    rollout,
    requires: {
      store: { service: "store", env: { STORE: "{{host}}:{{port}}" } },
      web: { service: "web", env: { WEB: "{{host}}:{{port}}" } },
    },
  };
  const deployment = new Deployment(name, join(root, "bench/origin"), {}, { store, caller });
  try {
    await deployment.stack.create();
    await deployment.up(1);
    const of = async (service: string) => the(await containers(name, "server", service));
    const [from, at, web] = [await of("caller"), await of("store"), await of("web")];
    const balancers = await containers(name, "balancer");
    const contestants = [
      { by: us, store: told(from, "STORE"), web: told(from, "WEB") },
      { by: DIRECT, store: `${at.Name}:6379`, web: `${web.Name}:8000` },
    ];
    await session.eachRound(async (round) => {
      for (const way of ways)
        for (const { by, store } of rotated(contestants, round)) {
          const ends = await usedBy([from, at]);
          const between = await usedBy(balancers);
          await askStore(session, by, from, store, way);
          const [endsTook, betweenTook] = [
            (await usedBy([from, at])) - ends,
            (await usedBy(balancers)) - between,
          ];
          const each = (seconds: number) => (1e6 * seconds) / (2 * way.commands);
          const what = `SET, GET${way.way}: CPU a command, µs`;
          session.record(by, what, each(endsTook + betweenTook), { aside: true });
          session.record(by, `${what}, of that balancers`, each(betweenTook), { aside: true });
        }
      for (const { by, web } of rotated(contestants, round))
        await askWeb(session, by, from, `http://${web}/`);
    });
  } finally {
    await deployment.remove();
  }
}

async function askStore(
  session: Session,
  by: string,
  from: Container,
  address: string,
  { way, commands, flags }: Way,
): Promise<void> {
  const [host = "", port = ""] = address.split(":");
  const to = ["-h", host, "-p", port, "-c", `${CLIENTS}`, "-n", `${commands}`, "-t", "set,get", ...flags];
  const seen = parseValkeyBenchmark(await docker("exec", from.Id, "valkey-benchmark", "--csv", ...to));
  for (const { test, rps, p99 } of seen) {
    session.record(by, perSecond(`${test}${way}`), rps);
    session.record(by, `${test}${way}, p99 ms`, p99);
  }
}

async function askWeb(session: Session, by: string, from: Container, url: string): Promise<void> {
  const load = async (seconds: number) =>
    parseWrk(await docker("exec", from.Id, ...wrk(url, seconds, CONNECTIONS)));
  await load(WARM_UP);
  const seen = await load(SECONDS);
  session.record(by, perSecond("HTTP"), seen.perSecond);
  session.record(by, "HTTP, median ms", seen.p50);
  session.record(by, "HTTP, p99 ms", seen.p99);
  session.record(by, "HTTP, failures", seen.failures);
}

function the([container]: readonly Container[]): Container {
  if (container === undefined) throw new Error("the stack is not whole");
  return container;
}

/** What a service's environment tells it. */
function told({ Config }: Container, variable: string): string {
  const start = `${variable}=`;
  return Config.Env.find((line) => line.startsWith(start))?.slice(start.length) ?? "";
}

/** CPU seconds that containers have used so far. */
async function usedBy(all: readonly Container[]): Promise<number> {
  const seconds = await Promise.all(all.map(({ Id }) => cpuSeconds(Id)));
  return seconds.reduce((sum, used) => sum + used, 0);
}
