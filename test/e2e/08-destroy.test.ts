import { traces } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";

describe("destroy", () => {
  const fleet = Fleet.first();

  test("leaves nothing", async () => {
    // Whatever the tests before have left of it; alone, there is something to be made first.
    if ((await fleet.containers()).length === 0) await fleet.toStart();
    const before = await traces(fleet.name);
    for (const kind of ["container", "network", "volume"]) {
      expect(before.some((trace) => trace.startsWith(kind))).toBe(true);
    }
    await fleet.stack.run("destroy");
    expect(await traces(fleet.name)).toEqual([]);
    for (const url of [fleet.url, fleet.balancerUrl(1), fleet.statsUrl(1), fleet.consulUrl()]) {
      await expect(get(url)).rejects.toThrow("ECONNREFUSED");
    }
  });
});
