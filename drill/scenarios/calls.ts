import { crash } from "../../harness/docker.ts";
import type { Service } from "../../harness/fleet.ts";
import { calls as callers } from "../../harness/load/plan.ts";
import type { Scenario } from "../scenario.ts";

const provider = "provider";

export const calls: Scenario[] = [
  {
    name: "calls",
    title: "A service that others require gets a new version, becomes more and fewer, and loses a copy",
    bar: "0 failed of their callers' clients, but POSTs that had been sent to the copy that was killed",
    needs: "own stack",
    plan: callers,
    start: ({ services }) => {
      const { build, port, health, env } = services.web;
      services[provider] = { ...(build && { build }), port, health, env, replicas: 2 };
      services.web.requires = { [provider]: { service: provider, env: { PROVIDER: "{{host}}:{{port}}" } } };
    },
    async play(stage) {
      const { fleet } = stage;
      const changed = (text: string, change: Partial<Service>) =>
        stage.act(text, () =>
          fleet.up(({ services }) => {
            Object.assign(services[provider] ?? {}, change);
          }),
        );
      await changed("a new version of the provider", {
        env: { ...fleet.config.services.web.env, VERSION: "2.0.0" },
      });
      await changed("2 → 4 of it", { replicas: 4 });
      await changed("4 → 2 of it", { replicas: 2 });
      const [victim] = await fleet.servers(provider);
      if (!victim) throw new Error("the provider has no copy");
      const over = stage.allowFromNow(
        "a POST that had been sent to the copy that was killed",
        ({ method, status }) => method === "POST" && status === 502,
      );
      await stage.act("kill -9 of one", () => crash(victim));
      await stage.back("it serves again", 10, () => stage.allServersUp(2, provider));
      over();
    },
  },
];
