import { LongWay } from "../../harness/engine/long-way.ts";
import { applicationBase } from "../../harness/hosts.ts";
import { sleep } from "../../harness/wait.ts";
import { agentName } from "../../lib/names.ts";
import type { Scenario } from "../scenario.ts";
import { gone, stateChanges } from "../server-states.ts";
import type { Stage } from "../stage.ts";
import { expectCopies, goOnWithout } from "./changed-hosts.ts";
import { allAgain, expectDecided, steady } from "./hosts.ts";

/** Hosts of the first data centre. */
export const first = ["a", "b"];
/** Those of the second one. */
export const second = ["c"];

/** Seconds in which `pulumi up` has found that a Consul does not answer. */
const CONSUL_MISSED = 60;

/** One of the group; clients stand at a host of each data centre, unless it says otherwise. */
export const inDataCentres = (name: string, its: Omit<Scenario, "name" | "group" | "needs">): Scenario => ({
  at: () => ["a", "c"],
  ...its,
  name: `data-centres-${name}`,
  group: "data-centres",
  needs: "data centres",
});

function acrossTheLink(action: (one: string, other: string) => void): void {
  for (const one of first) for (const other of second) action(one, other);
}

/** That no balancer has seen a server go down since a moment, but for hosts of the other data centre. */
async function expectOwnUp(stage: Stage, since: Date): Promise<void> {
  const { hosts } = stage;
  for (const own of hosts.dataCentres) {
    const abroad = hosts.keys.filter((key) => !own.includes(key));
    const logs = await Promise.all(own.map((key) => hosts.balancerLogs(key, since)));
    const names = abroad.map((key) => agentName(hosts.fleet.name, key));
    const found = logs.flat().flatMap((log) => gone(stateChanges(log), names));
    stage.expect(
      `no balancer of ${own.join(", ")} saw a server of its own go down`,
      found.length === 0,
      found,
    );
  }
}

/** Something between the two that is not as it should be for a while: neither takes any notice. */
function disturbedLink(
  name: string,
  title: string,
  begin: (stage: Stage) => Promise<() => Promise<void> | void>,
): Scenario {
  return inDataCentres(name, {
    title,
    bar: "0 failed in either; no balancer sees a server of its own data centre go down",
    async play(stage) {
      const since = new Date();
      let end: Awaited<ReturnType<typeof begin>> = () => {};
      try {
        await stage.act(title, async () => {
          end = await begin(stage);
        });
        await sleep(stage.short ? 7 : 30);
      } finally {
        await stage.act("as before", async () => end());
      }
      await allAgain(stage);
      expectDecided(stage);
      await expectOwnUp(stage, since);
    },
  });
}

/** One of them without power for a while. */
function powerless(name: string, dead: readonly string[], at: readonly string[]): Scenario {
  return inDataCentres(name, {
    title: `The power of all hosts of a data centre gone (${dead.join(", ")}); more copies and a new version in the other; back`,
    bar: "0 failed in the other; each up succeeds, and a preview; all copies take part at the end",
    at: () => at,
    play: (stage) =>
      goOnWithout(stage, dead, async () => {
        const { lab } = stage.hosts;
        await stage.act(`the power of ${dead.join(" and ")} gone`, async () => {
          for (const key of dead) lab.cut(key);
        });
        await Promise.all(dead.map((key) => lab.die(key)));
      }),
  });
}

/** All of Consul of the first data centre stopped for a while. */
const consulGone = inDataCentres("consul", {
  title: "All Consul servers of one data centre stopped, and started again",
  bar: `0 failed in either; meanwhile up fails within ${CONSUL_MISSED} s, names the first and changes the second; the next one does the rest`,
  async play(stage) {
    const { fleet, hosts } = stage;
    const toServers = async (action: "kill" | "start") => {
      for (const key of first)
        for (const { Id } of await hosts.containers(key, "consul")) await hosts.lab.docker(key, action, Id);
    };
    try {
      await stage.act("stopped", () => toServers("kill"));
      await sleep(stage.short ? 5 : 20);
      fleet.configure(({ services }) => {
        services.web.replicas = 3;
      });
      const from = stage.load.seconds;
      const { code, output } = await stage.act("3 copies on each", () =>
        fleet.stack.attempt("up", "--continue-on-error"),
      );
      const took = stage.load.seconds - from;
      stage.notes.push(`up, without it: code ${code} after ${took.toFixed(0)} s`);
      stage.expect(
        "up says that this Consul does not answer",
        code !== 0 && /web--a--.*\n.*No known Consul servers|No cluster leader/s.test(output),
        output,
      );
      stage.expect(`up ends within ${CONSUL_MISSED} s`, took <= CONSUL_MISSED * stage.lenience, took);
      await expectCopies(stage, 3 * second.length, second);
    } finally {
      await stage.act("started", () => toServers("start"));
    }
    await stage.act("the rest", () => fleet.up());
    await allAgain(stage);
    await expectCopies(stage, 3 * first.length, first);
    expectDecided(stage);
  },
});

export const dataCentres: Scenario[] = [
  steady(
    disturbedLink("link", "The link between them cut", async ({ hosts: { lab } }) => {
      acrossTheLink((one, other) => lab.part(one, other));
      return () => acrossTheLink((one, other) => lab.join(one, other));
    }),
  ),
  steady(
    disturbedLink("far", "Each packet between them takes 0.45 s", async ({ hosts: { lab } }) => {
      const way = await LongWay.to(lab.host("c").network, 450, applicationBase, "others");
      return () => way.end();
    }),
  ),
  powerless("first-lost", first, second),
  powerless("second-lost", second, first),
  consulGone,
];
