import { type Container, docker } from "../../harness/docker.ts";
import type { Config } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Changes the config of one service, of which nothing else may take notice, but for who keeps the logs of all services. */
async function change(stage: Stage, text: string, service: string, edit: (config: Config) => void) {
  const isOfIt = ({ Config: { Labels } }: Container) =>
    Labels["flotilla.service"] === service || Labels["flotilla.role"] === "keeper";
  await stage.actOn(isOfIt, text, () => stage.fleet.up(edit));
}

/** A config that can't be had here, which `up` refuses before anything changes. */
function refused(
  name: string,
  title: string,
  prepare: (stage: Stage) => Promise<() => Promise<unknown>>,
  edit: (config: Config) => void,
  reasons: readonly RegExp[],
): Scenario {
  return {
    name: `refused-${name}`,
    title,
    bar: "0 failed; up says what is amiss, and changes nothing",
    needs: "own stack",
    async play(stage) {
      const tidy = await prepare(stage);
      try {
        const nothing = () => false;
        const { code, output } = await stage.actOn(nothing, title, () => stage.fleet.attemptUp(edit));
        stage.expect("up fails", code !== 0);
        for (const reason of reasons) stage.expect(`up tells ${reason}`, reason.test(output), output);
      } finally {
        await tidy();
      }
    },
  };
}

const takenSubnet = "10.213.5.0/24";

export const settings: Scenario[] = [
  refused(
    "subnet",
    "A subnet that another Docker network holds",
    async ({ fleet }) => {
      const other = `${fleet.name}-other`;
      await docker("network", "create", "--subnet", takenSubnet, other);
      return () => docker("network", "rm", other);
    },
    ({ network }) => {
      network.subnet = takenSubnet;
    },
    [/network\.subnet/, /-other\b/],
  ),
  refused(
    "port",
    "A port that another container holds",
    async ({ fleet }) => {
      const other = `${fleet.name}-other`;
      const publish = `127.0.0.1:${fleet.stack.config.consul.port + 30}:80`;
      await docker(
        "run",
        "--detach",
        "--name",
        other,
        "--publish",
        publish,
        "debian:trixie-slim",
        "sleep",
        "600",
      );
      return () => docker("rm", "--force", other);
    },
    ({ consul }) => {
      consul.port += 30;
    },
    [/consul\.port/, /-other\b/],
  ),
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
