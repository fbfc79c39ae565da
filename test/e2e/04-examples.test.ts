import { docker, ids } from "../../harness/docker.ts";
import { Fleet, whoAnswers } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { pagesOnly } from "../../harness/load/plan.ts";
import { underLoad } from "../../harness/load/under-load.ts";

describe("the example php-web", () => {
  const fleet = Fleet.ofExample("php-web");
  beforeAll(async () => {
    await fleet.create();
    await fleet.up();
  });
  afterAll(() => fleet.stack.run("destroy"));

  test("tells who served the page, and what the balancers say of the client", async () => {
    expect(Object.keys(await whoAnswers(fleet.url))).toHaveLength(3);
    const headers = { Accept: "application/json", "X-Forwarded-For": "192.0.2.1" };
    const told = JSON.parse((await get(fleet.url, { headers })).body);
    const { host, port } = new URL(fleet.url);
    expect(told).toMatchObject({
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": host,
      "X-Forwarded-Port": port,
    });
    expect(told["X-Forwarded-For"]).not.toContain("192.0.2.1");
  });

  test("rolls, and no reader sees it", async () => {
    const before = ids(await fleet.servers());
    const { samples } = await underLoad(pagesOnly(fleet.url), () =>
      fleet.up(({ services }) => {
        services.web.env = { RELEASE: "2" };
      }),
    );
    expect(ids(await fleet.servers()).filter((id) => before.includes(id))).toEqual([]);
    expect(samples.failures).toEqual([]);
    expect(samples.requests).toBeGreaterThan(50);
  });
});

describe("the example counter", () => {
  const fleet = Fleet.ofExample("counter");
  beforeAll(async () => {
    await fleet.create();
    await fleet.up();
  });
  afterAll(() => fleet.stack.run("destroy"));
  const count = async () => Number((await get(`${fleet.url}count`)).body);

  test("counts in what its copies share", async () => {
    expect([await count(), await count(), await count()]).toEqual([1, 2, 3]);
  });

  test("counts on when every container was removed by hand", async () => {
    await docker("rm", "--force", ...ids(await fleet.containers()));
    await fleet.stack.run("up", "--refresh");
    expect(await count()).toBe(4);
  });
});
