import { Lab } from "../../harness/engine/lab.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { Load } from "../../harness/load/load.ts";
import { everyMethod, type Plan, unhurried } from "../../harness/load/plan.ts";
import type { Failure } from "../../harness/load/samples.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep, within } from "../../harness/wait.ts";
import { baseImages } from "../../lib/base-images.ts";

const lines = (text: string) => text.split("\n").filter(Boolean);

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("three hosts", () => {
  let lab: Lab;
  let fleet: Fleet;

  beforeAll(async () => {
    lab = await Lab.start("a", "b", "c");
    await lab.take(Object.values(baseImages));
    fleet = Fleet.onHosts(lab.hosts);
    await fleet.create();
  });
  afterAll(() => lab?.stop());

  const urlOf = (key: string) => `http://${lab.host(key).address}:${fleet.config.loadBalancers.port}/`;
  /** Short ids of the copies on some hosts. */
  const copies = async (...keys: string[]) => {
    const lists = keys.map((key) =>
      lab.docker(key, "ps", "--format", "{{.ID}}", "--filter", "label=flotilla.role=server"),
    );
    return (await Promise.all(lists)).flatMap(lines).sort();
  };
  const answering = async (key: string) => Object.keys(await whoAnswers(urlOf(key))).sort();
  const planAt = (key: string): Plan => ({ ...unhurried(everyMethod(urlOf(key))), sockets: 0 });

  test("one deployment: each host's balancers reach every copy", async () => {
    await fleet.stack.run("up");
    for (const key of ["a", "b", "c"]) expect(await answering(key)).toEqual(await copies("a", "b", "c"));
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("one dies: what is asked of the others is answered, and what it held is decided within 5 s", async () => {
    const loads = ["a", "b"].map((key) => new Load(planAt(key)));
    await sleep(4);
    const death = loads.map((load) => {
      lab.die("c");
      return load.seconds;
    });
    await sleep(12);
    for (const load of loads) await load.stop();
    for (const [index, load] of loads.entries()) {
      const died = death[index] ?? 0;
      // What may not be sent twice, and was there.
      const wasThere = ({ method, start }: Failure) => method === "POST" && start < died;
      expect(load.samples.failures.filter((failure) => !wasThere(failure))).toEqual([]);
      expect(load.samples.failures.filter(({ end }) => end > died + 5)).toEqual([]);
      expect(load.samples.requests).toBeGreaterThan(500);
    }
    for (const key of ["a", "b"]) expect(await answering(key)).toEqual(await copies("a", "b"));
  });

  test("it comes back, and takes part again by itself", async () => {
    await lab.revive("c");
    try {
      await within(60, "c takes part", async () => {
        for (const key of ["a", "b", "c"]) expect(await answering(key)).toEqual(await copies("a", "b", "c"));
      });
    } catch (e) {
      const bs = lines(await lab.docker("c", "ps", "-q", "--filter", "label=flotilla.role=balancer"));
      for (const b of bs) {
        console.log(
          await lab.docker(
            "c",
            "exec",
            b,
            "sh",
            "-c",
            "echo show stat | socat - /run/flotilla/admin.sock | cut -d, -f1,2,8,18,37,57; echo show servers state | socat - /run/flotilla/admin.sock; cat /run/flotilla/complaint",
          ),
        );
        console.log(await lab.docker("c", "logs", b));
      }
      console.log(await lab.docker("c", "ps"));
      for (const id of await copies("c"))
        console.log(
          id,
          await lab.docker("c", "inspect", "--format", "{{.Name}} {{json .NetworkSettings}}", id),
        );
      throw e;
    }
  });
});
