import { ids, names, removeByHand } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import type { Outcome } from "../../harness/shell.ts";
import { timed } from "../../harness/wait.ts";
import { losingNothing } from "./load.ts";

const TIMEOUT = 15;

describe("a new version of the application", () => {
  const fleet = Fleet.first();
  const { application } = fleet;

  beforeAll(() =>
    fleet.toStart((config) => {
      config.services.web.health.timeout = TIMEOUT;
    }),
  );

  /** The versions that answer. */
  const versions = async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { body } = await get(fleet.url, { headers: { Accept: "application/json" } });
      seen.add(JSON.parse(body).version);
    }
    return [...seen];
  };

  const rollTo = async (version: string) => {
    const old = ids(await fleet.servers());
    application.restore();
    application.setVersion(version);
    await losingNothing(fleet.url, () => fleet.up());
    const servers = await fleet.servers();
    expect(servers).toHaveLength(4);
    for (const { Id, State } of servers) {
      expect(old).not.toContain(Id);
      expect(State.Running).toBe(true);
    }
    expect(await versions()).toEqual([version]);
  };

  test("takes over from the old one", () => rollTo("2.0.0"));

  describe.each([
    {
      fault: "fails its check",
      break: () => application.breakHealth(),
      told: /service web: 4 of its new instances did not pass within 15 s/,
      shows: ["500", "on fire", "listens on port 8000"],
    },
    {
      fault: "ends at its start",
      break: () => application.breakStart(),
      told: /service web: 4 of its new instances did not pass within 15 s/,
      shows: ["no configuration, no service"],
    },
    {
      fault: "ends after it has passed its check",
      break: () => application.breakLater(),
      told: /service web: \d of its new instances stopped or restarted after they had passed/,
      shows: ["so far, so good"],
    },
  ])("that $fault", (broken) => {
    let served: string[];
    let old: string[];
    let failed: { result: Outcome; seconds: number };

    beforeAll(async () => {
      served = await versions();
      old = ids(await fleet.servers());
      application.setVersion("broken");
      broken.break();
      failed = await losingNothing(fleet.url, () => timed(() => fleet.attemptUp()));
    });

    test("makes up fail in time", () => {
      expect(failed.result.code).not.toBe(0);
      // The image has to be built and the containers made, too.
      expect(failed.seconds).toBeLessThan(TIMEOUT + 45);
    });

    test("is told with service, instance, last answer and log", async () => {
      const { output } = failed.result;
      expect(output).toMatch(broken.told);
      const fresh = (await fleet.servers()).filter(({ Id }) => !old.includes(Id));
      expect(fresh).toHaveLength(4);
      expect(names(fresh).some((name) => output.includes(`instance ${name}`))).toBe(true);
      for (const text of broken.shows) expect(output).toContain(text);
      expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
    });

    test("leaves the old one serving, untouched", async () => {
      const servers = await fleet.servers();
      expect(ids(servers)).toEqual(expect.arrayContaining(old));
      for (const { Id, State, RestartCount } of servers) {
        if (old.includes(Id))
          expect({ running: State.Running, RestartCount }).toEqual({ running: true, RestartCount: 0 });
      }
      expect(await versions()).toEqual(served);
    });

    test("is cleaned up by the next good one, some of it gone behind its back or not", async () => {
      const [gone] = (await fleet.servers()).filter(({ Id }) => !old.includes(Id));
      if (gone) await removeByHand(gone);
      await rollTo(`good after ${broken.fault}`);
    });
  });
});
