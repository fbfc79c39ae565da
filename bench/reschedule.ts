import { join } from "node:path";
import type { Lab } from "../harness/engine/lab.ts";
import { applicationBase, Hosts } from "../harness/hosts.ts";
import type { Load } from "../harness/load/load.ts";
import { atEach, everyKind, unhurried } from "../harness/load/plan.ts";
import type { Samples } from "../harness/load/samples.ts";
import { underLoad } from "../harness/load/under-load.ts";
import { runInfo } from "../harness/run-info.ts";
import { within } from "../harness/wait.ts";
import type { Bar } from "./bars.ts";
import { serving } from "./deployment.ts";
import { allHaveAnswered } from "./disturbance.ts";
import { Observer } from "./observer.ts";
import { Swarm } from "./peers/swarm.ts";
import { rotated, type Session } from "./session.ts";
import { us } from "./statistics.ts";

const COPIES = 10;
const keys = ["a", "b", "c"];
const lost = "c";
const rest = keys.filter((key) => key !== lost);
/** Requests a second at each host by which it is seen who answers. */
const RATE = 50;

export const method = `\
Ten copies of one application in all on three Docker hosts of this one machine, a daemon each in a network of its own; the
power of the third goes, and comes back. flotilla: \`replicasPer: datacenter\`, two balancers on each host. swarm: plain
Docker Swarm, all three of them managers, of whom the one that dies is not the leader; the same image as one service, with a
check each second; Traefik as a global service, its port published on each host. Traefik tries a request elsewhere (its retry
middleware), checks health every 500 ms, waits 1 s at the most for a connection, and asks the Swarm each second (by default,
each 15 s); as by default it has no limit for an answer, which would hit long answers as well. The dispatcher's heartbeat is
5 s, the default, or 1 s; a node is down after three of them. This kernel has no IPVS, so that nothing goes through Swarm's
own balancer (\`endpoint_mode dnsrr\`, ports in mode \`host\`); nor can it encrypt the overlay, while flotilla's hosts speak TLS.
The drill's strict clients, twelve at each of the two hosts that live on, give up after 15 s; "lost" is how many requests got
no good answer, of which those "sent after it" were not even under way when the host died. The time to reschedule is that
from the death until ten copies have answered at both. flotilla deals out again by itself, half a minute after a host's
return; a Swarm does not, and is told to by \`docker service update --force\` as soon as the host answers, one copy after
the other, each new one before the old. It does not come to as many on each host, and that is not waited for: the time is
that from the power's return until the dealing is over, ten copies run, and ten answer at all three.
One contestant at a time; who begins changes with each round.
Bar: rescheduled within 10 s, and nothing lost but what was under way.`;

const rows = {
  rescheduled: "death: until ten copies answer elsewhere, s",
  lost: "death: requests lost",
  after: "death: requests lost that were sent after it",
  longest: "death: longest request, s",
  answers: "return: until its balancers answer for all copies, s",
  dealtOut: "return: until all copies are dealt out again, s",
  uneven: "return: copies that one host then has more than another",
  returnLost: "return: requests lost",
};

export const bars: readonly Bar[] = [
  { what: rows.rescheduled, limit: 10 },
  { what: rows.after, limit: 0 },
];

interface Contestant {
  readonly by: string;
  /** Has ten copies made. */
  up(): Promise<unknown>;
  urlOf(key: string): string;
  /** How many copies run on a host. */
  copiesOn(key: string): Promise<number>;
  /** Has the copies dealt out to all hosts, one of which has just returned, as evenly as is the contestant's way; waits for it. */
  dealOut(): Promise<void>;
  down(): Promise<unknown>;
}

export async function measure(session: Session): Promise<void> {
  if (!runInfo().namespace) {
    session.notes.add("several hosts are to be had by root only, and are not measured");
    return;
  }
  const hosts = await Hosts.start(keys);
  try {
    const contestants = [flotilla(hosts), ...swarms(session, hosts.lab)];
    await session.eachRound(async (round) => {
      for (const contestant of rotated(contestants, round - 1)) {
        await contestant.up();
        await Promise.all(keys.map((key) => serving(contestant.urlOf(key), COPIES)));
        await die(session, hosts.lab, contestant);
        await comeBack(session, hosts.lab, contestant);
        await contestant.down();
      }
    });
  } finally {
    await hosts.lab.stop();
  }
}

function flotilla(hosts: Hosts): Contestant {
  const { stack } = hosts.fleet;
  return {
    by: us,
    up: async () => {
      hosts.fleet.startOver(({ services }) =>
        Object.assign(services.web, { sessions: false, replicas: COPIES, replicasPer: "datacenter" }),
      );
      await stack.run("up");
    },
    urlOf: (key) => hosts.urlOf(key),
    copiesOn: async (key) => (await hosts.copies([key])).length,
    // The others end what they have too much of, and it is whole.
    dealOut: () =>
      within(180, "all copies are dealt out again", async () => {
        const counts = await Promise.all(keys.map(async (key) => (await hosts.copies([key])).length));
        const even = Math.max(...counts) - Math.min(...counts) <= 1;
        if (!even || counts.reduce((a, b) => a + b) !== COPIES)
          throw new Error(`${counts} copies on ${keys}`);
      }),
    down: () => stack.run("destroy"),
  };
}

/** With the default heartbeat, and with one that is as quick as flotilla's agents; none where there is no Traefik. */
function swarms(session: Session, lab: Lab): Contestant[] {
  const traefik = session.peer("traefik");
  if (traefik === undefined) return [];
  const swarm = new Swarm(lab, traefik, applicationBase, join(session.folder, "nodes"));
  return ["5s", "1s"].map((heartbeat) => ({
    by: `swarm, ${heartbeat.replace("s", " s")}`,
    up: () => swarm.up(COPIES, heartbeat),
    urlOf: (key) => swarm.urlOf(key),
    copiesOn: (key) => swarm.copiesOn(key),
    dealOut: () => swarm.dealOut(),
    down: () => swarm.down(),
  }));
}

async function die(session: Session, lab: Lab, contestant: Contestant): Promise<void> {
  const { result, samples } = await withClients(contestant, rest, async (load, allAnswer) => {
    const moment = Date.now();
    const death = load.seconds;
    const dying = lab.die(lost);
    try {
      return { death, end: await allAnswer(moment), moment };
    } finally {
      await dying;
    }
  });
  const { failures } = samples;
  const { max } = samples.latency(result.death, Number.POSITIVE_INFINITY);
  const note = (what: string, value: number) => session.record(contestant.by, what, value);
  note(rows.rescheduled, (result.end - result.moment) / 1000);
  note(rows.lost, failures.length);
  // What its neighbours had just begun to send, they send.
  note(rows.after, failures.filter(({ start }) => start > result.death + 0.1).length);
  note(rows.longest, Math.max(max / 1000, ...failures.map(({ start, end }) => end - start)));
}

async function comeBack(session: Session, lab: Lab, contestant: Contestant): Promise<void> {
  const { result, samples } = await withClients(contestant, keys, async (_, allAnswer) => {
    const moment = Date.now();
    await lab.revive(lost);
    const answering = await allAnswer(moment);
    await contestant.dealOut();
    const counts = await within(180, "all copies are dealt out again", async () => {
      const counts = await Promise.all(keys.map((key) => contestant.copiesOn(key)));
      const all = counts.reduce((a, b) => a + b);
      if (all !== COPIES || Math.min(...counts) === 0) throw new Error(`${counts} copies run on ${keys}`);
      return counts;
    });
    const uneven = Math.max(...counts) - Math.min(...counts);
    return { answering, dealtOut: await allAnswer(Date.now()), moment, uneven };
  });
  const seconds = (end: number) => (end - result.moment) / 1000;
  session.record(contestant.by, rows.answers, seconds(result.answering));
  session.record(contestant.by, rows.dealtOut, seconds(result.dealtOut));
  session.record(contestant.by, rows.uneven, result.uneven, { aside: true });
  session.record(contestant.by, rows.returnLost, samples.failures.length);
}

/**
 * Has the drill's clients at work at the hosts that live on, and observers at some. By these the action may wait until ten
 * copies have answered, at each of some hosts, to what was sent after a moment, which gives when they had; both are
 * milliseconds of the epoch.
 */
async function withClients<T>(
  { urlOf }: Contestant,
  observed: readonly string[],
  action: (load: Load, allAnswer: (moment: number) => Promise<number>) => Promise<T>,
): Promise<{ result: T; samples: Samples }> {
  const places = Object.fromEntries(rest.map((key) => [key, urlOf(key)]));
  const clients = atEach(places, (url) => unhurried(everyKind(url), keys.length));
  const observers = observed.map((key) => new Observer(urlOf(key), RATE));
  const allAnswer = (moment: number) =>
    within(120, `${COPIES} copies answer at ${observed}`, () => {
      const ends = observers.map(({ samples }) => allHaveAnswered(samples, moment, COPIES));
      if (!ends.every((end) => end !== undefined)) throw new Error("not all of them have");
      return Math.max(...ends);
    });
  try {
    return await underLoad(clients, (load) => action(load, allAnswer));
  } finally {
    await Promise.all(observers.map((observer) => observer.stop()));
  }
}
