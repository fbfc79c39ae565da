import { sleep, within } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { expectCopies } from "./changed-hosts.ts";
import { first, inDataCentres, second } from "./data-centres.ts";
import { expectDecided, lose, loseToPowerCut } from "./hosts.ts";

/** Seconds after which one data centre answers for the other. */
const TAKEN_OVER = 5;
/** Seconds after which it no longer does, once copies are told to start. */
const LEFT = 15;
const entry = "c";
const isAtEntry = (client: string) => client.endsWith(`, at ${entry}`);

/** That for some seconds clients at the second data centre have all of their answers from copies on some hosts. */
async function expectServedBy(stage: Stage, keys: readonly string[], seconds: number): Promise<void> {
  const copies = await stage.hosts.copies(keys);
  const from = stage.load.seconds;
  await sleep(seconds);
  const servers = stage.load.samples.servers(from, stage.load.seconds, isAtEntry);
  const others = servers.filter((server) => !copies.includes(server));
  stage.expect(`clients at ${entry} are served by copies on ${keys.join(", ")}`, servers.length > 0);
  stage.expect(
    `clients at ${entry} are served by no others than those on ${keys.join(", ")}`,
    others.length === 0,
    others,
  );
}

/** That some copies have answered clients at the second data centre since a moment. */
async function hasServed({ load }: Stage, copies: readonly string[], since: number): Promise<void> {
  const servers = load.samples.servers(since, load.seconds, isAtEntry);
  if (!servers.some((server) => copies.includes(server))) throw new Error(`served by ${servers.join(", ")}`);
}

/** The second data centre without a copy of its own for a while. */
function without(
  name: string,
  title: string,
  bar: string,
  takeAway: (stage: Stage) => Promise<void>,
  bringBack: (stage: Stage) => Promise<void>,
): Scenario {
  return inDataCentres(name, {
    title,
    bar: `${bar}; all decided within 5 s; the other data centre answers within ${TAKEN_OVER} s, and before and after none of its copies does`,
    async play(stage) {
      const { hosts } = stage;
      const seconds = stage.short ? 4 : 10;
      await expectServedBy(stage, second, seconds);
      const abroad = await hosts.copies(first);
      const from = stage.load.seconds;
      try {
        await takeAway(stage);
        await stage.back("clients are answered by the other one", TAKEN_OVER, () =>
          hasServed(stage, abroad, from),
        );
        await within(20, "all copies of the other one answer", () => hosts.reach(first, second));
        await expectServedBy(stage, first, seconds);
      } finally {
        await bringBack(stage);
      }
      await stage.back("its own copies answer", LEFT, () => hosts.reach(second, second));
      await expectServedBy(stage, second, seconds);
      expectDecided(stage);
    },
  });
}

/** What is done to all copies of the second data centre at once. */
async function toCopies({ hosts }: Stage, action: "kill" | "start"): Promise<void> {
  for (const key of second) {
    const ids = (await hosts.containers(key, "server")).map(({ Id }) => Id);
    await hosts.lab.docker(key, action, ...ids);
  }
}

const killed = without(
  "copies-killed",
  "All copies of one data centre killed, and started again",
  "0 failed but POSTs that they had been sent",
  // Where its balancers live, it takes a check to find that it has no copy left.
  (stage) => lose(stage, "all killed", () => toCopies(stage, "kill"), stage.lenience),
  (stage) => stage.act("started", () => toCopies(stage, "start")),
);

const drained = without(
  "drained",
  "The only host of one data centre drained, and in use again",
  "0 failed",
  (stage) =>
    stage.act("drained", async () => {
      await stage.fleet.up(({ hosts }) => Object.assign(hosts[entry] ?? {}, { state: "drained" }));
    }),
  (stage) =>
    stage.act("in use again", async () => {
      await stage.fleet.up(({ hosts }) => delete hosts[entry]?.state);
    }),
);

/** A service that is not in the second data centre at all. */
const elsewhere = inDataCentres("elsewhere", {
  title:
    "A service of one data centre alone, asked in the other, too: more copies, a new version, the power of a host gone",
  bar: "0 failed but POSTs that the dead host had been sent; all decided within 5 s",
  start: ({ services }) => Object.assign(services.web, { hosts: first }),
  async play(stage) {
    const { fleet, hosts } = stage;
    await expectCopies(stage, 4, first, hosts.keys);
    await stage.act("3 copies on each", () =>
      fleet.up(({ services }) => {
        services.web.replicas = 3;
      }),
    );
    await expectCopies(stage, 6, first, hosts.keys);
    fleet.application.setVersion("2.0.0");
    await stage.act("a new version", () => fleet.up());
    await expectCopies(stage, 6, first, hosts.keys);
    try {
      await loseToPowerCut(stage, "b");
      await sleep(stage.short ? 7 : 30);
      await expectCopies(stage, 3, ["a"], ["a", "c"]);
    } finally {
      await stage.act("the power is back", () => hosts.lab.revive("b"));
    }
    await stage.back("all copies answer everywhere", 60, () => hosts.reachTheirOwn());
    expectDecided(stage);
    fleet.application.restore();
  },
});

export const failovers: Scenario[] = [killed, drained, elsewhere];
