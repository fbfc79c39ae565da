import { ids, shortIds } from "../../harness/docker.ts";
import { type Config, Fleet, whoAnswers } from "../../harness/fleet.ts";
import { request } from "../../harness/http.ts";
import { getsOf, quickOnes } from "../../harness/load/plan.ts";
import { underLoad } from "../../harness/load/under-load.ts";
import { say } from "../../harness/say.ts";
import { losingNothing } from "./load.ts";

describe("operation", () => {
  const fleet = Fleet.first();
  const edit = (config: Config) => {
    config.services.web.replicas = 2;
    config.services.pages = {
      ...structuredClone(config.services.web),
      replicas: 1,
      // That it takes connections is all that it is asked for.
      health: { type: "tcp", timeout: 30 },
      route: { path: "/about" },
    };
  };
  beforeAll(() => fleet.toStart(edit));

  const maintenance = async (...args: string[]) => {
    const { code, output } = await fleet.stack.operate("maintenance", ...args);
    say(`  maintenance ${args.join(" ")}: ${output.trim()}`);
    expect({ code, output }).toMatchObject({ code: 0 });
    return output;
  };

  /** That whoever asks for the default service now is told to come back later, by every balancer. */
  const isClosed = async () => {
    for (const url of [fleet.url, fleet.balancerUrl(1), fleet.balancerUrl(2)]) {
      for (const method of ["GET", "POST"] as const) {
        const { status, headers, body } = await request(`${url}echo`, { method, body: "" });
        expect({ status, page: body.includes("<h1>Down for maintenance</h1>") }).toEqual({
          status: 503,
          page: true,
        });
        expect(headers).toMatchObject({ "retry-after": "77", "cache-control": "no-store" });
      }
    }
  };

  test("maintenance closes one service, while it is rolled underneath and the other serves on", async () => {
    const old = ids(await fleet.servers());
    const closing = () =>
      underLoad(quickOnes(fleet.url), async () => {
        await maintenance("on", "--service", "web", "--retry-after", "77");
        await isClosed();
        await fleet.up((config) => {
          config.services.web.env.COLOUR = "red";
        });
        for (const id of ids(await fleet.servers())) expect(old).not.toContain(id);
        await isClosed();
        expect(await maintenance("status")).toContain("web: in maintenance, Retry-After 77 s");
        await maintenance("off", "--service", "web");
        expect(Object.keys(await whoAnswers(fleet.url)).sort()).toEqual(shortIds(await fleet.servers()));
      });
    const { samples } = await losingNothing(fleet.url, closing, getsOf(fleet.url, "/about"));
    expect(samples.requests - samples.failures.length).toBeGreaterThan(30);
    // Nobody saw anything but the page.
    expect(samples.failures.length).toBeGreaterThan(30);
    expect(samples.failures.filter(({ status }) => status !== 503)).toEqual([]);
    await losingNothing(fleet.url, async () => {});
  });

  test("maintenance of all services, and its end", async () => {
    await maintenance("on", "--retry-after", "77");
    await isClosed();
    expect((await request(`${fleet.url}about`)).status).toBe(503);
    await maintenance("off");
    await losingNothing(fleet.url, async () => {});
    await losingNothing(fleet.url, async () => {}, getsOf(fleet.url, "/about"));
  });

  test("a changed load limit reaches the balancers, and restarts nothing", async () => {
    const before = ids(await fleet.containers());
    await losingNothing(fleet.url, () =>
      fleet.up((config) => {
        config.services.web.load = { concurrency: 4, queue: 8, wait: 1 };
      }),
    );
    expect(ids(await fleet.containers())).toEqual(before);
  });
});
