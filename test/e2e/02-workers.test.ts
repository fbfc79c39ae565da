import { type Container, docker, ids, logs, names } from "../../harness/docker.ts";
import { Fleet, type Service } from "../../harness/fleet.ts";
import { within } from "../../harness/wait.ts";
import { losingNothing } from "./load.ts";

/** A worker that tells what it does until it is told to end, or ends with an error. */
const shell = (script: string): string[] => ["sh", "-c", script];
const working = shell(
  "trap 'echo told to end; exit 0' TERM; echo $COLOUR; while :; do date; sleep 1 & wait $!; done",
);
const broken = shell("echo no queue here; exit 3");

describe("a worker, which answers no requests", () => {
  const fleet = Fleet.first();
  beforeAll(() => fleet.toStart());

  const change = (edit: (mail: Service) => void) => () =>
    fleet.up(({ services }) => {
      if (services.mail) edit(services.mail);
    });
  const attempt = (edit: (mail: Service) => void) => () =>
    fleet.attemptUp(({ services }) => {
      if (services.mail) edit(services.mail);
    });
  const copies = () => fleet.servers("mail");
  const running = async () => (await copies()).filter(({ State }) => State.Running);
  const inConsul = async () => (await fleet.consul()).passing("mail");
  /** What the balancers go by, as far as it speaks of the worker. */
  const told = async () => {
    const balancers = await fleet.containers("balancer");
    const configs = balancers.map(({ Id }) => docker("exec", Id, "cat", "/run/flotilla/haproxy.cfg"));
    return (await Promise.all(configs)).flatMap((config) =>
      config.split("\n").filter((line) => /mail|incomplete/.test(line)),
    );
  };
  const stillWorks = (container: Container) => async () => {
    const before = await logs(container);
    await within(5, `${container.Name} works on`, async () => {
      if ((await logs(container)) === before) throw new Error("it has not said anything");
    });
  };

  test("comes up, is in Consul, and in no balancer", async () => {
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        services.mail = {
          image: "debian:trixie-slim",
          replicas: 2,
          command: working,
          env: { COLOUR: "red" },
          rollout: { settle: 1 },
        };
      }),
    );
    const workers = await running();
    expect(workers).toHaveLength(2);
    expect(await inConsul()).toEqual(names(workers));
    expect((await fleet.outputs()).services.mail).toEqual({ replicas: 2, instances: names(workers) });
    expect(workers.flatMap(({ Config }) => Config.Env.filter((each) => /^PORT=/.test(each)))).toEqual([]);
    expect(await told()).toEqual([]);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("rolls: the old are told to end once the new have gone on for a while", async () => {
    const before = await copies();
    const watched = before.map(({ Id }) => docker("logs", "--follow", Id));
    await losingNothing(
      fleet.url,
      change((mail) => {
        mail.env = { COLOUR: "blue" };
      }),
    );
    for (const log of await Promise.all(watched)) expect(log).toMatch(/told to end\n$/);
    const workers = await copies();
    expect(await inConsul()).toEqual(names(workers));
    for (const worker of workers) expect(await logs(worker)).toMatch(/^blue\n/);
    expect(ids(workers)).toHaveLength(2);
    expect(await told()).toEqual([]);
  });

  test.each(["start-first", "stop-first"])(
    "a version that ends is refused with its last words, %s: it is stopped, and the old works on",
    async (order) => {
      await change((mail) => {
        mail.rollout = { settle: 1, order, surge: 1 };
      })();
      const before = await copies();
      const { code, output } = await losingNothing(
        fleet.url,
        attempt((mail) => {
          mail.command = broken;
        }),
      );
      expect(code).not.toBe(0);
      expect(output).toContain("service mail: 1 of its new instances ended or restarted");
      expect(output).toMatch(/exit code \d\n(.*\n)*.*no queue here/);
      const workers = await running();
      expect(ids(workers)).toEqual(ids(before));
      expect(await inConsul()).toEqual(names(before));
      await Promise.all(before.map((each) => stillWorks(each)()));
      expect(await told()).toEqual([]);
      await change((mail) => {
        mail.command = working;
      })();
      expect(await copies()).toHaveLength(2);
      expect(await running()).toHaveLength(2);
    },
  );

  test("one that somebody has stopped is started again", async () => {
    const [first] = await copies();
    await docker("stop", first?.Id ?? "");
    await fleet.up();
    expect(await running()).toHaveLength(2);
    expect(await inConsul()).toEqual(names(await copies()));
  });

  test("comes to answer requests, and is a worker again", async () => {
    const worker = fleet.config.services.mail as Service;
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        services.mail = { ...structuredClone(services.web), replicas: 2, route: { path: "/mail" } };
      }),
    );
    expect(Object.values(await fleet.serversSeenBy(1, "mail"))).toEqual(["UP", "UP"]);
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        services.mail = worker;
      }),
    );
    expect(await told()).toEqual([]);
    expect(await running()).toHaveLength(2);
    expect(await inConsul()).toEqual(names(await copies()));
  });

  test("scales to nought, and goes", async () => {
    await change((mail) => {
      mail.replicas = 0;
    })();
    expect([await copies(), await inConsul(), await told()]).toEqual([[], [], []]);
    await change((mail) => {
      mail.replicas = 1;
    })();
    await losingNothing(fleet.url, () =>
      fleet.up(({ services }) => {
        delete services.mail;
      }),
    );
    expect(await copies()).toEqual([]);
    const consul = await fleet.consul();
    expect(Object.keys(await consul.get<object>("/v1/catalog/services"))).not.toContain("mail");
    expect(await consul.get<string[]>("/v1/kv/flotilla/?keys")).not.toContainEqual(
      expect.stringContaining("mail"),
    );
    expect(await told()).toEqual([]);
  });
});
