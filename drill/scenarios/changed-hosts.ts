import { sleep, within } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { whileWriting } from "../writing.ts";
import { all, allAgain, expectDecided, lose, loseToPowerCut, lost } from "./hosts.ts";

/** Ids of all containers on some hosts. */
async function containersOn({ hosts }: Stage, ...keys: string[]): Promise<string> {
  const each = await Promise.all(keys.map((key) => hosts.containers(key)));
  return each.flatMap((list) => list.map(({ Id }) => Id)).join();
}

/** That so many copies are on some hosts, and that these, and no others, answer at each of some. */
export async function expectCopies(stage: Stage, count: number, on: string[], at = on): Promise<void> {
  const copies = await stage.hosts.copies(on);
  stage.expect(`${count} copies are on ${on.join(", ")}`, copies.length === count, copies);
  // One that holds a slow request has its turn later.
  await within(20, `these, and no others, answer at ${at.join(", ")}`, () => stage.hosts.reach(on, at));
}

const without = (host: string) => all.filter((key) => key !== host);
const stay = without(lost);

/** Has `pulumi up` change what is left while some hosts are dead, and bring them up to date when they are back. */
export async function goOnWithout(
  stage: Stage,
  dead: readonly string[],
  die: () => Promise<void>,
): Promise<void> {
  const { fleet, hosts } = stage;
  const left = all.filter((key) => !dead.includes(key));
  const count = 3 * left.length;
  try {
    await die();
    await stage.act("3 copies on each", () =>
      fleet.up(({ services }) => {
        services.web.replicas = 3;
      }),
    );
    await expectCopies(stage, count, left);
    const before = await hosts.copies(left);
    fleet.application.setVersion("2.0.0");
    await stage.act("a new version", () => fleet.up());
    await expectCopies(stage, count, left);
    const kept = (await hosts.copies(left)).filter((copy) => before.includes(copy));
    stage.expect("all are new", kept.length === 0, kept);
    await fleet.stack.run("preview", "--expect-no-changes");
  } finally {
    await stage.act("the power is back", async () => {
      await Promise.all(dead.map((key) => hosts.lab.revive(key)));
    });
  }
  await allAgain(stage);
  await stage.act("brought up to date", () => fleet.up());
  await allAgain(stage);
  const copies = await hosts.copies(dead);
  stage.expect("there are 3 copies on each again", copies.length === 3 * dead.length, copies);
  fleet.application.restore();
}

export const changedHosts: Scenario[] = [
  {
    name: "hosts-drain",
    group: "hosts",
    title: "A host drained, and taken into use again",
    bar: "0 failed, at the drained host, too; nothing on the others is touched",
    needs: "hosts",
    at: ({ keys }) => keys,
    async play(stage) {
      const { fleet } = stage;
      const before = await containersOn(stage, ...stay);
      await stage.act("drained", () =>
        fleet.up(({ hosts }) => Object.assign(hosts[lost] ?? {}, { state: "drained" })),
      );
      await expectCopies(stage, 4, stay, all);
      stage.expect("it has no copies", (await stage.hosts.copies([lost])).length === 0);
      await stage.act("in use again", () => fleet.up(({ hosts }) => delete hosts[lost]?.state));
      await allAgain(stage);
      stage.expect("the others are as they were", (await containersOn(stage, ...stay)) === before);
    },
  },
  {
    name: "hosts-remove-add",
    group: "hosts",
    title: "A drained host taken out of the config, and one added",
    bar: "0 failed; nothing is left on the one; for the other nothing moves",
    needs: "hosts",
    start: ({ hosts }) => Object.assign(hosts[lost] ?? {}, { state: "drained" }),
    async play(stage) {
      const { fleet, hosts } = stage;
      await stage.act("taken out", () => fleet.up((config) => delete config.hosts[lost]));
      stage.expect("nothing is left there", (await containersOn(stage, lost)) === "");
      await expectCopies(stage, 4, stay);
      const before = await containersOn(stage, ...stay);
      const { docker, address } = hosts.lab.host(lost);
      await stage.act("added", () =>
        fleet.up((config) => Object.assign(config.hosts, { [lost]: { docker, address } })),
      );
      await allAgain(stage);
      stage.expect("nothing has moved", (await containersOn(stage, ...stay)) === before);
    },
  },
  {
    name: "hosts-go-on",
    group: "hosts",
    title: "More copies and a new version while one host is dead; it returns, and is brought up to date",
    bar: "0 failed but POSTs that the dead one had been sent; each up succeeds; all copies take part at the end",
    needs: "hosts",
    play: (stage) => goOnWithout(stage, [lost], () => loseToPowerCut(stage, lost)),
  },
  {
    name: "hosts-move",
    group: "hosts",
    title: "The power of a host gone, and back, where ten copies move between hosts",
    bar: "0 failed but POSTs that it had been sent; ten copies serve on the others within 10 s; ten in all when it is back",
    needs: "hosts",
    start: ({ services }) => Object.assign(services.web, { replicas: 10, replicasPer: "datacenter" }),
    async play(stage) {
      const { hosts } = stage;
      const serve = (on: string[]) => async () => {
        const copies = await hosts.copies(on);
        if (copies.length !== 10) throw new Error(`${copies.length} copies run`);
        await hosts.reach(on, on);
      };
      await lose(stage, `the power of ${lost} gone`, () => hosts.lab.cut(lost));
      const dying = hosts.lab.die(lost);
      try {
        await stage.back("ten copies serve on the others", 10, serve(stay));
      } finally {
        await dying;
        await stage.act("back", () => hosts.lab.revive(lost));
      }
      // The others' surplus stays for half a minute, in case the host is soon gone again.
      await stage.back("ten copies in all", 90, serve(all));
      expectDecided(stage);
    },
  },
  {
    name: "hosts-leader",
    group: "hosts",
    title: "The power of the host gone where Consul's leader is",
    bar: "0 failed but POSTs that it had been sent; writes to Consul go on after one election, of at most 15 s",
    needs: "hosts",
    at: async (hosts) => without(await hosts.leader()),
    async play(stage) {
      const { hosts } = stage;
      const leader = await hosts.leader();
      const [entry = ""] = without(leader);
      const write = (value: string) => hosts.consul(entry, "kv", "put", "drill/written", value);
      const silent = await whileWriting(stage, write, async () => {
        try {
          await loseToPowerCut(stage, leader);
          await sleep(stage.short ? 15 : 30);
        } finally {
          await stage.act("back", () => hosts.lab.revive(leader));
        }
      });
      stage.expect("no write had to wait longer than for one election", silent < 15, silent);
      await allAgain(stage);
      expectDecided(stage);
    },
  },
];
