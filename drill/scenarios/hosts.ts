import type { Role } from "../../harness/docker.ts";
import { LongWay } from "../../harness/engine/long-way.ts";
import { applicationBase } from "../../harness/hosts.ts";
import { get } from "../../harness/http.ts";
import { sleep } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import { flapping, stateChanges } from "../server-states.ts";
import type { Stage } from "../stage.ts";

/** The host that things happen to; the clients are those of the others. */
export const lost = "c";
export const all = ["a", "b", "c"];

/** Seconds after which all is decided that was under way at a host when it was lost. */
const DECIDED = 5;
/** Seconds in which all hosts take part again. */
const AGAIN = 60;

/**
 * Loses a host, or what it is reached by, which is noticed within so many seconds. A POST that it had been sent may fail, since
 * nobody knows how far it came; all else is answered, and all of it in good time.
 */
export async function lose(
  stage: Stage,
  text: string,
  action: () => Promise<void> | void,
  // What its neighbours had just begun to send, they send.
  noticed = 0.1,
): Promise<void> {
  const from = stage.load.seconds;
  let to = Number.POSITIVE_INFINITY;
  stage.allow("a POST that had been sent to the host when it was lost", ({ method, start, end }) => {
    return method === "POST" && start <= to && end >= from && end <= to + DECIDED;
  });
  await stage.act(text, async () => action());
  to = stage.load.seconds + noticed;
}

/** Has the power of a host go. First nobody reaches it any more; then what runs there ends, which takes a while here. */
export async function loseToPowerCut(stage: Stage, host: string): Promise<void> {
  const { lab } = stage.hosts;
  await lose(stage, `the power of ${host} gone`, () => lab.cut(host));
  await lab.die(host);
}

/** That no request took longer than it takes to decide that a host is lost. */
export function expectDecided(stage: Stage): void {
  const { max } = stage.load.samples.latency(0, stage.load.seconds);
  stage.notes.push(`the slowest answer: after ${(max / 1000).toFixed(1)} s`);
  stage.expect(`each answer came within ${DECIDED} s`, max <= DECIDED * 1000, max);
}

/** Of what a scenario does, each balancer may see that a server goes down and comes up, but not twice. */
export const steady = (scenario: Scenario): Scenario => ({
  ...scenario,
  bar: `${scenario.bar}; no server down or up twice`,
  async play(stage) {
    const since = new Date();
    await scenario.play(stage);
    const logs = await Promise.all(stage.hosts.keys.map((host) => stage.hosts.balancerLogs(host, since)));
    const seen = logs.flat().map(stateChanges);
    const times = (state: string) => seen.flat().filter((change) => change.state === state).length;
    stage.notes.push(`in the eyes of ${seen.length} balancers: ${times("DOWN")} × down, ${times("UP")} × up`);
    const found = seen.flatMap(flapping);
    stage.expect("no balancer saw a server go down or come up twice", found.length === 0, found);
  },
});

export const allAgain = (stage: Stage, seconds = AGAIN) =>
  stage.back("each host reaches every copy of its data centre", seconds, () => stage.hosts.reachTheirOwn());

/** A host that is lost for a while and comes back by itself. */
function away(
  name: string,
  title: string,
  goes: (stage: Stage) => Promise<void>,
  returns: (stage: Stage) => Promise<void>,
): Scenario {
  return {
    name: `hosts-${name}`,
    group: "hosts",
    title,
    bar: `0 failed but POSTs that it had been sent; all decided within ${DECIDED} s; all take part again within ${AGAIN} s`,
    needs: "hosts",
    async play(stage) {
      try {
        await goes(stage);
        await sleep(stage.short ? 7 : 30);
        expectDecided(stage);
      } finally {
        await returns(stage);
      }
      await allAgain(stage);
    },
  };
}

/** Part of a host that dies, and that Docker starts again. */
function killed(role: Role, what: string, seconds: number): Scenario {
  const takesRequests = ["server", "balancer", "front"].includes(role);
  const title = `kill -9 of ${what} on one host`;
  return {
    name: `hosts-${role}`,
    group: "hosts",
    title,
    bar: `0 failed at the other hosts${takesRequests ? " but POSTs that it had been sent" : ""}; back by itself within ${seconds} s`,
    needs: "hosts",
    async play(stage) {
      const { hosts } = stage;
      let victims = await hosts.containers(lost, role);
      const crash = async () => {
        victims = await hosts.crash(lost, role);
      };
      // Where its balancers live, it takes a check to find that it has no copy left.
      if (takesRequests) await lose(stage, title, crash, role === "server" ? stage.lenience : undefined);
      else await stage.act(title, crash);
      await stage.back("it runs again", seconds, async () => {
        const now = await hosts.containers(lost, role);
        for (const { Id, Name, State } of victims) {
          const again = now.find((container) => container.Id === Id)?.State;
          if (!again?.Running || again.StartedAt === State.StartedAt) throw new Error(`${Name} is down`);
        }
        const { status } = await get(hosts.urlOf(lost));
        if (status !== 200) throw new Error(`its balancers answer ${status}`);
      });
      await allAgain(stage);
      if (takesRequests) expectDecided(stage);
    },
  };
}

const slowness = (
  name: string,
  title: string,
  from: (stage: Stage) => Promise<() => Promise<void>>,
): Scenario => ({
  name: `hosts-${name}`,
  group: "hosts",
  title,
  bar: "0 failed but POSTs that it had been sent",
  needs: "hosts",
  async play(stage) {
    let end = async () => {};
    try {
      await lose(stage, title, async () => {
        end = await from(stage);
      });
      await sleep(stage.short ? 8 : 30);
    } finally {
      await stage.act("as quick as before", () => end());
    }
    await allAgain(stage);
  },
});

/** Has the copies on a host answer everything 0.9 s late. */
async function answerLate({ hosts }: Stage): Promise<() => Promise<void>> {
  const inEach = async (command: string) => {
    for (const { Id } of await hosts.containers(lost, "server"))
      await hosts.lab.docker(lost, "exec", Id, "sh", "-c", command);
  };
  await inEach("echo late >/tmp/fault");
  return () => inEach("rm -f /tmp/fault");
}

async function farAway({ hosts: { lab } }: Stage): Promise<() => Promise<void>> {
  const way = await LongWay.to(lab.host(lost).network, 450, applicationBase);
  return () => way.end();
}

export const lostHosts: Scenario[] = [
  steady(
    away(
      "cut",
      "The cable of one host cut",
      (stage) => lose(stage, "cut", () => stage.hosts.lab.cut(lost)),
      (stage) => stage.act("plugged in", async () => stage.hosts.lab.heal(lost)),
    ),
  ),
  steady(
    away(
      "power",
      "The power of one host gone",
      (stage) => loseToPowerCut(stage, lost),
      (stage) => stage.act("back", () => stage.hosts.lab.revive(lost)),
    ),
  ),
  away(
    "daemon",
    "kill -9 of one host's Docker daemon",
    (stage) => lose(stage, "killed", () => stage.hosts.lab.host(lost).daemon.kill()),
    // With it all its containers are started anew.
    (stage) => lose(stage, "started", () => stage.hosts.lab.host(lost).daemon.start()),
  ),
  steady(
    away(
      "partition",
      "Two hosts cut off from each other, and not from the third",
      (stage) => lose(stage, "parted", () => stage.hosts.lab.part("a", "b")),
      (stage) => stage.act("joined", async () => stage.hosts.lab.join("a", "b")),
    ),
  ),
  killed("server", "all copies", 10),
  killed("consul", "the Consul server", 15),
  killed("agent", "the Consul agent", 15),
  killed("balancer", "all balancers", 5),
  killed("front", "front", 5),
  steady(slowness("late", "The copies on one host answer everything 0.9 s late", answerLate)),
  steady(slowness("far", "Each packet to and from one host takes 0.45 s", farAway)),
];
