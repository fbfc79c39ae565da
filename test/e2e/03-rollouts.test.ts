import { docker, ids } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { losingNothing } from "./load.ts";

// New versions, broken ones, steps and the way back are scenarios of the drill.
describe("a rollout in steps", () => {
  const fleet = Fleet.first();
  const { application } = fleet;

  beforeAll(() =>
    fleet.toStart((config) => {
      config.services.web.rollout = { surge: "25%" };
    }),
  );

  test("stops at the first step of a version that does not last", async () => {
    const served = await fleet.servers();
    application.setVersion("broken");
    application.breakLater();
    const { code, output } = await losingNothing(fleet.url, () => fleet.attemptUp());
    expect(code).not.toBe(0);
    expect(output).toContain("1 of its new instances stopped or restarted after they had passed");
    const servers = await fleet.servers();
    expect(servers).toHaveLength(served.length + 1);
    for (const { Id, State } of servers) {
      if (ids(served).includes(Id)) expect(State.Running).toBe(true);
    }
  });

  test("to a version that no host has does not begin: nothing changes", async () => {
    const before = ids(await fleet.servers());
    const { code, output } = await fleet.attemptUp((config) => {
      config.services.web.version = "0123456789ab";
    });
    expect(code).not.toBe(0);
    expect(output).toMatch(/image flotilla\/.*-web:0123456789ab, wanted for service web .* is none of those/);
    expect(ids(await fleet.servers())).toEqual(before);
  });
});

describe("a service that locks its volume", () => {
  const fleet = Fleet.first();
  const running = async () => (await fleet.servers("store")).filter(({ State }) => State.Running);
  const answer = async () => (await get(`${fleet.url}store/`)).headers["x-served-by"];
  /** The one that runs, which is the one that answers. */
  const serving = async () => {
    const [server, ...more] = await running();
    expect(more).toEqual([]);
    expect(await answer()).toBe(server?.Config.Hostname);
    return server;
  };
  const locking = ["flock", "--nonblock", "/data", "python3", "/app/server.py"];
  const change = (colour: string, command = locking) =>
    fleet.attemptUp(({ services }) => {
      Object.assign(services.store ?? {}, { command, env: { COLOUR: colour } });
    });
  const stopFirst = () =>
    fleet.configure(({ services }) => {
      Object.assign(services.store ?? {}, { rollout: { order: "stop-first" } });
    });

  beforeAll(() =>
    fleet.toStart((config) => {
      config.services.store = {
        ...structuredClone(config.services.web),
        replicas: 1,
        command: locking,
        volumes: [{ name: "data", path: "/data" }],
        route: { path: "/store" },
        health: { path: "/health", timeout: 8 },
      };
    }),
  );

  test("does not roll beside itself, and the key that helps is named", async () => {
    const before = await serving();
    const { code, output } = await losingNothing(`${fleet.url}store/`, () => change("red"));
    expect(code).not.toBe(0);
    expect(output).toContain("rollout: { order: stop-first }");
    expect(await answer()).toBe(before?.Config.Hostname);
  });

  test("rolls when the old copy is stopped first, and no other service notices", async () => {
    const before = (await running()).map(({ Id }) => Id);
    stopFirst();
    const { code, output } = await losingNothing(fleet.url, () => change("blue"));
    expect([code, code && output]).toEqual([0, 0]);
    const after = await serving();
    expect(before).not.toContain(after?.Id);
    // It found its lock free when it was first started.
    expect(after?.RestartCount).toBe(0);
    expect(after?.Config.Env).toContain("COLOUR=blue");
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("comes back as it was when the new version is of no use", async () => {
    const before = await serving();
    const { code, output } = await losingNothing(fleet.url, () => change("black", ["sleep", "1h"]));
    expect(code).not.toBe(0);
    expect(output).toContain("1 instance that served before started again");
    expect((await serving())?.Id).toBe(before?.Id);
    const { code: again } = await change("white", ["no-such-program"]);
    expect(again).not.toBe(0);
    expect((await serving())?.Id).toBe(before?.Id);
  });

  test("takes the next good version, and leaves nothing of the others behind", async () => {
    expect((await change("green")).code).toBe(0);
    expect((await serving())?.Config.Env).toContain("COLOUR=green");
    expect(await fleet.servers("store")).toHaveLength(1);
  });

  test("is started again when somebody has stopped it", async () => {
    const before = await serving();
    await docker("stop", String(before?.Id));
    await fleet.stack.run("up", "--refresh");
    expect((await serving())?.Id).toBe(before?.Id);
  });
});
