import type { Container } from "../../harness/docker.ts";
import type { Config } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Changes the config of one service, of which nothing else may take notice. */
async function change(stage: Stage, text: string, service: string, edit: (config: Config) => void) {
  const isOfIt = ({ Config }: Container) => Config.Labels["flotilla.service"] === service;
  await stage.actOn(isOfIt, text, () => stage.fleet.up(edit));
}

export const settings: Scenario[] = [
  {
    name: "settings",
    title: "A changed environment, limit and route; a second service comes and goes",
    bar: "0 failed",
    needs: "own stack",
    async play(stage) {
      const { fleet } = stage;
      const old = await stage.servers();
      await change(stage, "environment", "web", ({ services }) => {
        services.web.env.COLOUR = "blue";
      });
      for (const { Id, Config } of await stage.servers()) {
        const isNew = old.every((container) => container.Id !== Id);
        stage.expect("all are new, with the environment", isNew && Config.Env.includes("COLOUR=blue"));
      }
      await change(stage, "memory limit", "web", ({ services }) => {
        services.web.memory = "128m";
      });
      for (const { HostConfig } of await stage.servers())
        stage.expect("the limit is there", HostConfig.Memory === 128 * 2 ** 20);

      /** Which servers answer there: none knows such a page, but each says who it is. */
      const servedBy = async (path: string) => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => get(fleet.url + path)));
        return answers.map(({ headers }) => String(headers["x-served-by"]));
      };
      const leadsTo = async (path: string, service: string) => {
        const servers = (await fleet.servers(service)).map(({ Config }) => Config.Hostname);
        const seen = await servedBy(path);
        stage.expect(
          `/${path} leads to ${service}`,
          seen.every((server) => servers.includes(server)),
          seen,
        );
      };
      await change(stage, "a second service", "pages", ({ services }) => {
        services.pages = { ...structuredClone(services.web), replicas: 2, route: { path: "/pages" } };
      });
      await leadsTo("pages", "pages");
      await leadsTo("", "web");
      await change(stage, "another route", "pages", ({ services }) => {
        Object.assign(services.pages ?? {}, { route: { path: "/leaflets" } });
      });
      await leadsTo("leaflets", "pages");
      await leadsTo("pages", "web");
      await change(stage, "without the second service", "pages", ({ services }) => {
        delete services.pages;
      });
      stage.expect("it is gone", (await fleet.servers("pages")).length === 0);
      await leadsTo("leaflets", "web");
      const consul = await fleet.consul();
      const known = Object.keys(await consul.get<object>("/v1/catalog/services")).sort();
      stage.expect("Consul has forgotten it", known.join() === "consul,web", known);
    },
  },
];
