import type { Application } from "../../harness/application.ts";
import type { Container } from "../../harness/docker.ts";
import { get } from "../../harness/http.ts";
import { everyKind, quickOnes } from "../../harness/load/plan.ts";
import { sleep } from "../../harness/wait.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Seconds that new copies have to pass. */
const TIMEOUT = 6;

let versions = 1;

/** A version that nobody has seen yet, in good order. */
function newVersion(application: Application): string {
  const version = `${++versions}.0.0`;
  application.restore();
  application.setVersion(version);
  return version;
}

async function versionsThatAnswer(url: string, requests = 40): Promise<string[]> {
  const seen = new Set<string>();
  for (let i = 0; i < requests; i++) {
    const { body } = await get(url, { headers: { Accept: "application/json" } });
    seen.add(JSON.parse(body).version);
  }
  return [...seen];
}

async function roll(stage: Stage, version = newVersion(stage.fleet.application)): Promise<void> {
  const { fleet } = stage;
  await stage.act(`version ${version}`, () => fleet.up());
  const answering = await versionsThatAnswer(fleet.url);
  stage.expect(`only ${version} answers`, answering.join() === version, answering);
}

/** A version that must not come to serve. */
function broken(
  name: string,
  title: string,
  spoil: (application: Application) => void,
  reasons: readonly RegExp[],
): Scenario {
  return {
    name,
    title,
    bar: "0 failed; up fails with the reason; the next up heals",
    needs: "own stack",
    start: ({ services }, short) => {
      services.web.health.timeout = TIMEOUT;
      if (short) services.web.replicas = 2;
    },
    async play(stage) {
      const { fleet } = stage;
      const served = await versionsThatAnswer(fleet.url);
      const old = await stage.servers();
      newVersion(fleet.application);
      spoil(fleet.application);
      const { code, output } = await stage.act(title, () => fleet.attemptUp());
      stage.expect("up fails", code !== 0);
      for (const reason of reasons) stage.expect(`up tells ${reason}`, reason.test(output), output);
      stage.expect("no stack trace", !/^\s+at .*\.ts:\d+/m.test(output), output);
      const now = await stage.servers();
      const untouched = old.every(({ Id, State }) =>
        now.some((c) => c.Id === Id && c.State.Running && c.State.StartedAt === State.StartedAt),
      );
      stage.expect("the old ones are untouched", untouched);
      const serving = await versionsThatAnswer(fleet.url);
      stage.expect("the old version serves on", serving.join() === served.join(), serving);
      if (stage.short) {
        // As its author would take it back: quicker than one more version.
        fleet.application.restore();
        fleet.application.setVersion(served.join());
        await roll(stage, served.join());
      } else await roll(stage);
      const after = await stage.servers();
      stage.expect("the broken ones are gone", after.length === old.length, after.length);
    },
  };
}

const isOfWeb = ({ Config }: Container) => Config.Labels["flotilla.service"] === "web";

export const rollouts: Scenario[] = [
  {
    name: "new-version",
    title: "A new version of the application",
    bar: "0 failed",
    needs: "own stack",
    plan: quickOnes,
    play: roll,
  },
  {
    name: "new-version-slow-requests",
    title: "A new version with requests of 2 s under way",
    bar: "0 failed",
    needs: "own stack",
    plan: everyKind,
    play: roll,
  },
  {
    name: "new-version-in-steps",
    title: "A new version in steps of 25 %",
    bar: "0 failed; never more than one copy beyond the pool",
    needs: "own stack",
    start: ({ services }) => {
      services.web.rollout = { surge: "25%" };
    },
    async play(stage) {
      let [most, rolling] = [0, true];
      const watch = async () => {
        for (; rolling; await sleep(0.2)) {
          const running = (await stage.servers()).filter(({ State }) => State.Running);
          most = Math.max(most, running.length);
        }
      };
      const end = () => {
        rolling = false;
      };
      await Promise.all([roll(stage).finally(end), watch()]);
      stage.expect("one copy too many at the most", most === stage.fleet.size.servers + 1, most);
    },
  },
  {
    name: "rollback",
    title: "Back to the version before",
    bar: "0 failed; within 10 s for 4 replicas, without a build; what else is pending stays pending",
    needs: "own stack",
    async play(stage) {
      const { fleet } = stage;
      const rollback = async (...args: string[]) => {
        const { code, output } = await fleet.stack.operate("rollback", ...args);
        stage.expect(`rollback ${args.join(" ")} succeeds`, code === 0, output);
        return output;
      };
      const images = async () => (await stage.servers()).map(({ Config }) => Config.Image).join();
      const [served, before] = [await versionsThatAnswer(fleet.url), await images()];
      await roll(stage);
      const list = await rollback("--list");
      stage.expect("the list shows which one serves", /^[0-9a-f]{12} .* now +here$/m.test(list), list);
      fleet.configure(({ loadBalancers }) => {
        loadBalancers.count += 1;
      });
      const start = stage.load.seconds;
      const done = stage.actOn(isOfWeb, "npm run rollback", () => rollback("--yes"));
      await stage.back("all requests go to the version before", 10, async () => {
        const answering = await versionsThatAnswer(fleet.url, 12);
        if (answering.join() !== served.join()) throw new Error(answering.join(", "));
      });
      const told = await done;
      // With the newer ones drained, which waits for WebSockets, and gone.
      stage.notes.push(`the command was done after ${(stage.load.seconds - start).toFixed(1)} s`);
      const answering = await versionsThatAnswer(fleet.url);
      stage.expect("the version before answers", answering.join() === served.join(), answering);
      stage.expect("its image is the one that was there", (await images()) === before);
      stage.expect(
        "it says that they are pending",
        /Pending for .*balancers-local \(.*to create/.test(told),
        told,
      );
    },
  },
];

export const rollbacks: Scenario[] = [
  {
    name: "rollback-after-failure",
    title: "Back after a version that never passed its check",
    bar: "0 failed; the version that serves stays, and the failed copies go",
    needs: "own stack",
    start: ({ services }) => {
      services.web.health.timeout = TIMEOUT;
    },
    async play(stage) {
      const { fleet } = stage;
      const served = await versionsThatAnswer(fleet.url);
      const images = async () => (await stage.servers()).map(({ Config }) => Config.Image).join();
      const before = await images();
      newVersion(fleet.application);
      fleet.application.breakHealth();
      const up = await stage.act("a version that never passes its check", () => fleet.attemptUp());
      stage.expect("up fails", up.code !== 0);
      const back = await stage.act("npm run rollback", () => fleet.stack.operate("rollback", "--yes"));
      stage.expect("rollback succeeds", back.code === 0, back.output);
      stage.expect("as many copies of it are there, and no others", (await images()) === before);
      const answering = await versionsThatAnswer(fleet.url);
      stage.expect("what served serves on", answering.join() === served.join(), answering);
      // As its author mends it.
      fleet.application.restore();
      fleet.application.setVersion(served.join());
    },
  },
];

export const brokenVersions: Scenario[] = [
  broken(
    "never-healthy",
    "A version that never passes its check",
    (application) => application.breakHealth(),
    [/service web: .* did not pass within 6 s/, /on fire/],
  ),
  broken("crashes-at-start", "A version that ends at its start", (application) => application.breakStart(), [
    /service web: .* did not pass within 6 s/,
    /no configuration, no service/,
  ]),
  broken(
    "wrong-port",
    "A version that listens on the wrong port",
    (application) => application.listenElsewhere(),
    [/service web: .* did not pass within 6 s/, /Could not connect/, /listens on port 9999/],
  ),
  broken(
    "wrong-address",
    "A version that listens on 127.0.0.1 only",
    (application) => application.listenInside(),
    [/service web: .* did not pass within 6 s/, /127\.0\.0\.1/],
  ),
  broken(
    "slow-health",
    "A version that answers its check later than the balancers wait for it",
    (application) => application.slowHealth(),
    [/service web: .* did not pass within 6 s/, /1[.,]?[12]\d* ?m?s/],
  ),
  broken(
    "crashes-later",
    "A version that is healthy first, and ends 2.5 s later",
    (application) => application.breakLater(),
    [/service web: .* stopped or restarted after they had passed/, /so far, so good/],
  ),
];
