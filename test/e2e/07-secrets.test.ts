import { readdirSync } from "node:fs";
import { type Container, docker, logs } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { commandLine } from "../../harness/processes.ts";
import { sleep } from "../../harness/wait.ts";
import { run } from "../../runtime/program.ts";

const OWN = "a-secret-of-the-application-0815";

describe("secrets", () => {
  const fleet = Fleet.first();
  /** Every secret text there is, by the place it was found in. */
  let secrets: Record<string, string>;
  /** Command lines on this machine while `up` ran. */
  const commandLines = new Set<string>();
  let printed: string;

  beforeAll(async () => {
    await fleet.toStart();
    await fleet.stack.setSecret("services.web.secrets.API_KEY", OWN);
    // Changes at every layer, so that every command of ours runs.
    const up = fleet.up((config) => {
      config.services.web.env.COLOUR = "green";
      config.loadBalancers.count = 1;
      config.consul.servers = 5;
    });
    const watching = watch(up);
    printed = await up;
    await watching;
    const { consulToken, operatorToken, statsPassword } = await fleet.outputs();
    secrets = { consulToken, operatorToken, statsPassword, own: OWN, ...(await generated()) };
  });

  async function watch(action: Promise<unknown>): Promise<void> {
    let running = true;
    const end = () => {
      running = false;
    };
    action.then(end, end);
    while (running) {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        commandLines.add(commandLine(Number(pid)));
      }
      await sleep(0.02);
    }
  }

  /** What @pulumi/random made, and the tokens in the configuration of the containers, which derive from it. */
  async function generated(): Promise<Record<string, string>> {
    const state = JSON.parse(await fleet.stack.read("export", "--show-secrets"));
    const found: Record<string, string> = {};
    const plain = (value: unknown): string => {
      const secret = value as { plaintext?: string };
      return typeof value === "string" ? value : JSON.parse(secret.plaintext ?? '""');
    };
    for (const { type, urn, outputs } of state.deployment.resources) {
      const name = urn.split("::").at(-1);
      if (type === "random:index/randomPassword:RandomPassword")
        found[`random ${name}`] = plain(outputs.result);
      if (type !== "docker:index/container:Container") continue;
      const text = JSON.stringify(outputs.uploads ?? []);
      for (const [, kind = "", secret = ""] of text.matchAll(
        /(token|encrypt|agent|initial_management) *= \\+"([^"\\]+)/g,
      )) {
        found[`${kind} of ${name}`] = secret;
      }
    }
    return found;
  }

  /** The names of the secrets that a text gives away. */
  const shownBy = (text: string) =>
    Object.keys(secrets).filter((name) => text.includes(secrets[name] ?? "?"));

  test("are known to this test, which finds them where they belong", async () => {
    const texts = new Set(Object.values(secrets));
    for (const text of texts) expect(text.length).toBeGreaterThanOrEqual(20);
    // Seven random ones, those that derive from them, and the application's own.
    expect(texts.size).toBeGreaterThanOrEqual(13);
    const [server] = await fleet.servers();
    expect(shownBy(await docker("inspect", String(server?.Id)))).toEqual(["own"]);
    const [balancer] = await fleet.containers("balancer");
    const config = await docker("exec", String(balancer?.Id), "cat", "/run/flotilla/haproxy.cfg");
    expect(shownBy(config)).toContain("statsPassword");
  });

  test("show in the inspection of no other container, network, volume or image", async () => {
    const containers = await fleet.containers();
    for (const { Id, Name, Config } of containers) {
      const { "flotilla.role": role, "flotilla.service": service } = Config.Labels;
      const allowed = role === "server" && service === "web" ? ["own"] : [];
      expect({ Name, shown: shownBy(await docker("inspect", Id)) }).toEqual({ Name, shown: allowed });
      expect(shownBy(JSON.stringify(Config.Labels))).toEqual([]);
    }
    const things = [
      await docker("network", "ls", "-q"),
      await docker("volume", "ls", "-q"),
      await docker("image", "ls", "-q"),
    ];
    const names = things.join("").split("\n").filter(Boolean);
    expect(names.length).toBeGreaterThan(5);
    expect(shownBy(await docker("inspect", ...new Set(names)))).toEqual([]);
    const images = [...new Set((things[2] ?? "").split("\n").filter(Boolean))];
    for (const image of images) expect(shownBy(await docker("history", "--no-trunc", image))).toEqual([]);
  });

  test("lie only in files that are root's alone, and only where they are needed", async () => {
    /** Files of a container, less its system, and of its volumes that hold a secret; and those that others may read, too. */
    const files = async ({ Id }: Container) => {
      const script = `secrets=$(cat)
        look() { find /consul /etc /root /run /tmp /var -type f "$@" -exec grep -lFe "$secrets" {} + 2>/dev/null; }
        look; echo; look ! '(' -perm -0400 -user root ! -perm /077 ')'; true`;
      const input = Object.values(secrets).join("\n");
      const output = await run("docker", ["exec", "-i", Id, "sh", "-c", script], { input });
      return output.split("\n\n").map((list) => list.split("\n").filter(Boolean).sort());
    };
    const holding: Record<string, readonly string[]> = {};
    for (const container of await fleet.containers()) {
      const role = container.Config.Labels["flotilla.role"] ?? "";
      if (!container.State.Running || role === "server") continue;
      const [all = [], open = []] = await files(container);
      expect({ name: container.Name, open }).toEqual({ name: container.Name, open: [] });
      holding[role] = all;
    }
    expect(holding).toEqual({
      agent: expect.arrayContaining(["/consul/config/agent.hcl"]),
      balancer: expect.arrayContaining(["/etc/flotilla/consul-template.hcl", "/run/flotilla/haproxy.cfg"]),
      consul: expect.arrayContaining(["/consul/config/server.hcl", "/consul/data/raft/raft.db"]),
      front: [],
      keeper: [],
      warden: [],
    });
  });

  test("show in no command line, inside containers or out", async () => {
    for (const { Id, State } of await fleet.containers()) {
      if (State.Running) expect(shownBy(await docker("top", Id, "-eo", "pid,args"))).toEqual([]);
    }
    const lines = [...commandLines].join("\n");
    expect(lines).toContain("commands/register.ts");
    expect(lines).toContain("docker");
    expect(shownBy(lines)).toEqual([]);
  });

  test("show in no log", async () => {
    let length = 0;
    for (const container of await fleet.containers()) {
      const text = await logs(container);
      length += text.length;
      expect({ name: container.Name, shown: shownBy(text) }).toEqual({ name: container.Name, shown: [] });
    }
    expect(length).toBeGreaterThan(1000);
    const [balancer] = await fleet.containers("balancer");
    const files = await docker("exec", String(balancer?.Id), "sh", "-c", "cat /var/log/flotilla/*");
    expect(files.length).toBeGreaterThan(100);
    expect(shownBy(files)).toEqual([]);
  });

  test("show in nothing that Pulumi prints", async () => {
    expect(printed).toContain(fleet.name);
    expect(shownBy(printed)).toEqual([]);
    expect(shownBy(await fleet.stack.read("output", "--json"))).toEqual([]);
    expect(shownBy(await fleet.stack.read("export"))).toEqual([]);
    expect(shownBy(await fleet.stack.run("preview", "--diff"))).toEqual([]);
  });
});
