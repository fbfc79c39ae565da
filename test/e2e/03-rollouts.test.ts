import { type Container, docker, ids } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { say } from "../../harness/say.ts";
import { sleep, timed } from "../../harness/wait.ts";
import { losingNothing } from "./load.ts";

const fleet = Fleet.first();
const { application } = fleet;

/** Runs something and gives the most copies that ran at once meanwhile. */
async function mostAtOnce(action: () => Promise<unknown>): Promise<number> {
  const filters = [`flotilla.stack=${fleet.name}`, "flotilla.service=web", "flotilla.role=server"];
  const args = filters.flatMap((label) => ["--filter", `label=${label}`]);
  let most = 0;
  let done = false;
  const watch = async () => {
    while (!done) {
      const running = await docker("ps", "--quiet", ...args);
      most = Math.max(most, running.split("\n").filter(Boolean).length);
      await sleep(0.1);
    }
  };
  const watching = watch();
  try {
    await action();
  } finally {
    done = true;
    await watching;
  }
  return most;
}

const versionAnswered = async () => {
  const { body } = await get(fleet.url, { headers: { Accept: "application/json" } });
  return JSON.parse(body).version;
};

describe("a rollout in steps of a quarter", () => {
  let old: Container[];

  beforeAll(async () => {
    await fleet.toStart((config) => {
      config.services.web.rollout = { surge: "25%" };
    });
    old = await fleet.servers();
  });

  test("has never more than one copy too many, and loses nothing", async () => {
    application.setVersion("in steps");
    const most = await losingNothing(fleet.url, () => mostAtOnce(() => fleet.up()));
    expect(most).toBe(5);
    const servers = await fleet.servers();
    expect(servers).toHaveLength(4);
    for (const { Id } of servers) expect(ids(old)).not.toContain(Id);
    expect(await versionAnswered()).toBe("in steps");
  });

  test("stops at the first step of a version that does not last", async () => {
    const served = await fleet.servers();
    application.setVersion("broken");
    application.breakLater();
    const { code, output } = await losingNothing(fleet.url, () => fleet.attemptUp());
    expect(code).not.toBe(0);
    expect(output).toContain("1 of its new instances stopped or restarted after they had passed");
    const servers = await fleet.servers();
    expect(servers).toHaveLength(5);
    for (const { Id, State } of servers) {
      if (ids(served).includes(Id)) expect(State.Running).toBe(true);
    }
  });

  test("comes to its end with the next good one, and takes along what nobody knows of", async () => {
    const [{ Config, Id } = {} as Container] = await fleet.servers();
    const labels = Object.entries(Config.Labels).flatMap(([label, value]) => [
      "--label",
      `${label}=${value}`,
    ]);
    // As an update that was killed leaves it: made, and not in Pulumi's state.
    const lost = `${fleet.name}-web-local-9-abcdef0`;
    await docker("run", "--detach", "--name", lost, ...labels, Config.Image);
    application.restore();
    application.setVersion("after all");
    await losingNothing(fleet.url, () => fleet.up());
    const servers = await fleet.servers();
    expect(servers).toHaveLength(4);
    expect(ids(servers)).not.toContain(Id);
    expect(await versionAnswered()).toBe("after all");
    expect(await fleet.up()).toMatch(/\d+ unchanged/);
  });
});

describe("the way back", () => {
  const images = async () => [...new Set((await fleet.servers()).map(({ Config }) => Config.Image))];
  let first: string[];
  let second: string[];

  beforeAll(async () => {
    await fleet.toStart();
    first = await images();
    application.setVersion("2.0.0");
    await fleet.up();
    second = await images();
  });

  test("leads to the version that served before, without a build, and loses nothing", async () => {
    const { result, seconds } = await losingNothing(fleet.url, () =>
      timed(() => fleet.stack.operate("rollback", "--yes")),
    );
    say(`  rollback of four copies: ${seconds.toFixed(1)} s`);
    expect(result.output).toMatch(/web: from [0-9a-f]{12} \(since .*\) back to [0-9a-f]{12} \(served from/);
    expect(result.code).toBe(0);
    expect(await images()).toEqual(first);
    expect(await fleet.servers()).toHaveLength(4);
    expect(await versionAnswered()).toBe("1.0.0");
  });

  test("can be seen", async () => {
    const { code, stdout } = await fleet.stack.operate("rollback", "--list");
    expect(code).toBe(0);
    const [, now, ...before] = stdout.trim().split("\n");
    expect(now).toMatch(/^[0-9a-f]{12} .* now +here$/);
    expect(before.length).toBeGreaterThanOrEqual(2);
  });

  test("is closed where the version is not there: nothing changes", async () => {
    const served = ids(await fleet.servers());
    const { version } = fleet.stack.config.services.web;
    const { code, output } = await fleet.attemptUp((config) => {
      config.services.web.version = "0123456789ab";
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(/image flotilla\/.*-web:0123456789ab, wanted for service web .* is none of those/);
    expect(ids(await fleet.servers())).toEqual(served);
    fleet.configure((config) => {
      config.services.web.version = version;
    });
  });

  test("ends where the folder is built again", async () => {
    await losingNothing(fleet.url, () =>
      fleet.up((config) => {
        delete config.services.web.version;
      }),
    );
    expect(await images()).toEqual(second);
    expect(await versionAnswered()).toBe("2.0.0");
  });
});
