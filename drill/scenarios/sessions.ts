import { get } from "../../harness/http.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Opens pages and asks for the asset that each names, as a browser would, until it is told to stop. */
function browse({ fleet }: Stage): { stop(): Promise<{ pages: number; faults: string[] }> } {
  let stopped = false;
  const faults: string[] = [];
  const open = async () => {
    let pages = 0;
    for (; !stopped; pages++) {
      const page = await get(fleet.url, { headers: { Accept: "application/json" } });
      const { version } = JSON.parse(page.body) as { version: string };
      const cookie = page.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
      const { status } = await get(`${fleet.url}assets/${version}`, { headers: { Cookie: cookie } });
      if (status !== 200) faults.push(`${status} for the asset of ${version}`);
    }
    return pages;
  };
  const browsers = Promise.all(Array.from({ length: 4 }, open));
  return {
    async stop() {
      stopped = true;
      return { pages: (await browsers).reduce((sum, count) => sum + count, 0), faults };
    },
  };
}

export const sessions: Scenario[] = [
  {
    name: "sessions",
    title: "A new version while browsers load pages and what belongs to them",
    bar: "0 failed; every page finds the assets of its version",
    needs: "own stack",
    start: ({ services }) => {
      services.web.sessions = true;
    },
    async play(stage) {
      const browsers = browse(stage);
      stage.fleet.application.setVersion("2.0.0-sessions");
      await stage.act("a new version", () => stage.fleet.up());
      const { pages, faults } = await browsers.stop();
      stage.notes.push(`${pages} pages with an asset each`);
      stage.expect("every page found its asset", faults.length === 0, faults.slice(0, 5));
      stage.expect("pages were opened all along", pages > 20, pages);
    },
  },
];
