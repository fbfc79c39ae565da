import type { Container } from "../../harness/docker.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

async function scale(stage: Stage, replicas: number): Promise<void> {
  const before = await stage.servers();
  const isServer = ({ Config }: Container) => Config.Labels["flotilla.role"] === "server";
  await stage.actOn(isServer, `${before.length} → ${replicas} servers`, () =>
    stage.fleet.up(({ services }) => {
      Object.assign(services[stage.fleet.service] ?? {}, { replicas });
    }),
  );
  const after = await stage.servers();
  const kept = after.filter(({ Id }) => before.some((container) => container.Id === Id));
  stage.expect(`${replicas} servers run`, after.length === replicas, after.length);
  const keeps = Math.min(before.length, replicas);
  stage.expect(`${keeps} servers were left alone`, kept.length === keeps, kept.length);
}

/** The short form takes fewer, for the sake of time. */
const many = (short: boolean) => (short ? 7 : 10);

export const scaling: Scenario[] = [
  {
    name: "scale",
    title: "Servers 4 → 10 → 4",
    bar: "0 failed",
    needs: "any stack",
    async play(stage) {
      const { servers } = stage.fleet.size;
      for (const replicas of [many(stage.short), servers]) await scale(stage, replicas);
      await stage.back("every balancer has just these", 2, () => stage.allServersUp());
    },
  },
  {
    name: "scale-far",
    title: "Servers 10 → 1 → 10",
    bar: "0 failed",
    needs: "own stack",
    start: ({ services }, short) => {
      services.web.replicas = many(short);
    },
    async play(stage) {
      for (const replicas of [1, many(stage.short)]) await scale(stage, replicas);
      await stage.back("every balancer has all", 2, () => stage.allServersUp(many(stage.short)));
    },
  },
  {
    name: "scale-to-0",
    title: "Servers 4 → 0 → 4",
    bar: "a clean 503 while there is none, then 0 failed; no stale state",
    needs: "any stack",
    async play(stage) {
      // From the last server's leaving to the first one's coming there is nobody: 503, and nothing but.
      const served = stage.allowFromNow(
        "503 while there was no server",
        ({ status, servedBy }) => status === 503 && !servedBy,
      );
      await scale(stage, 0);
      await scale(stage, stage.fleet.size.servers);
      await stage.back("every balancer has all of them", 2, () => stage.allServersUp());
      served();
    },
  },
];
