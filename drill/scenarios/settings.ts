import { get } from "../../harness/http.ts";
import type { Scenario } from "../scenario.ts";

export const settings: Scenario[] = [
  {
    name: "settings",
    title: "A changed environment, limit and route; a second service comes and goes",
    bar: "0 failed",
    needs: "own stack",
    async play(stage) {
      const { fleet } = stage;
      await stage.act("environment", () =>
        fleet.up(({ services }) => {
          services.web.env.COLOUR = "blue";
        }),
      );
      for (const { Config } of await stage.servers())
        stage.expect("the environment is there", Config.Env.includes("COLOUR=blue"));
      await stage.act("memory limit", () =>
        fleet.up(({ services }) => {
          services.web.memory = "128m";
        }),
      );
      for (const { HostConfig } of await stage.servers())
        stage.expect("the limit is there", HostConfig.Memory === 128 * 2 ** 20);
      await stage.act("a second service", () =>
        fleet.up(({ services }) => {
          services.pages = { ...structuredClone(services.web), replicas: 2, route: { path: "/pages" } };
        }),
      );
      // Its application knows no such page, and says so itself.
      const routed = await get(`${fleet.url}pages`);
      const pages = (await fleet.servers("pages")).map(({ Config }) => Config.Hostname);
      stage.expect("its route leads to it", pages.includes(String(routed.headers["x-served-by"])));
      await stage.act("another route", () =>
        fleet.up(({ services }) => {
          Object.assign(services.pages ?? {}, { route: { path: "/leaflets" } });
        }),
      );
      const rerouted = await get(`${fleet.url}leaflets`);
      stage.expect("its new route leads to it", pages.includes(String(rerouted.headers["x-served-by"])));
      await stage.act("without the second service", () =>
        fleet.up(({ services }) => {
          delete services.pages;
        }),
      );
      stage.expect("it is gone", (await fleet.servers("pages")).length === 0);
    },
  },
];
