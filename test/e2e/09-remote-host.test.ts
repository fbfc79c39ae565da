import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { BringImageArgs } from "../../commands/bring-image.ts";
import { type Container, docker, ids } from "../../harness/docker.ts";
import { RemoteHost } from "../../harness/engine/remote-host.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { runInfo } from "../../harness/run-info.ts";
import { baseImages } from "../../lib/base-images.ts";
import { ownImages } from "../../lib/images/own-images.ts";
import { attempt, run } from "../../runtime/program.ts";

const { namespace, root } = runInfo();
const lines = (text: string) => text.split("\n").filter(Boolean);

// Only a run with a network of its own has room for a second host.
(namespace ? describe : describe.skip)("a host that is elsewhere", () => {
  let remote: RemoteHost;
  let fleet: Fleet;
  const environment = { ...process.env };

  beforeAll(async () => {
    remote = await RemoteHost.start();
    fleet = Fleet.elsewhere(remote.unix, remote.address);
    await remote.take(await imagesToHand());
    await fleet.create();
    simplify(fleet);
  });
  afterAll(async () => {
    process.env = environment;
    // With all that runs there.
    await remote?.stop();
  });

  const servers = async () => {
    const names = lines(await remote.docker("ps", "--format", "{{.Names}}"));
    return names.filter((name) => name.startsWith(`${fleet.name}--web--`)).sort();
  };
  const others = async () => {
    const list = lines(await remote.docker("ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}"));
    // The warden's socket is that of the endpoint.
    const isOther = (line: string) => !/--(web|warden)--/.test(line);
    return list.filter(isOther).sort();
  };
  const repository = () => `flotilla/${fleet.name}--web`;
  const tags = async (list = remote.docker.bind(remote)) =>
    lines(await list("image", "ls", "--format", "{{.Tag}}", repository()));
  const answers = async (version: string) => {
    const { status, headers } = await get(fleet.url);
    expect([status, String(headers.server).split(" ")[0]]).toEqual([200, `simple-server/${version}`]);
  };
  const version = (text: string) => fleet.application.setVersion(text);

  test("is served by another socket: images are built there, and only there", async () => {
    version("4.0.0");
    await fleet.stack.run("up");
    await answers("4.0.0");
    expect(await tags()).toHaveLength(1);
    expect(await tags(docker)).toEqual([]);
  });

  type Reached = [host: { docker: string; tls?: string }, environment: Record<string, string>];
  const relativeTls = () => relative(root, remote.tls);
  test.each<[string, string, () => Reached]>([
    ["ssh", "4.0.1", () => [{ docker: remote.ssh }, remote.sshEnvironment]],
    ["TLS, as the environment says", "4.0.2", () => [{ docker: remote.tcp }, remote.tlsEnvironment]],
    ["TLS with certificates of its own", "4.0.3", () => [{ docker: remote.tcp, tls: relativeTls() }, {}]],
  ])("is served by %s: a new version rolls, and nothing else is touched", async (_, next, reached) => {
    const before = await others();
    const [host, env] = reached();
    process.env = { ...environment, ...env };
    version(next);
    await fleet.up((config) => {
      config.hosts = { local: { ...host, address: remote.address } };
    });
    await answers(next);
    expect(await others()).toEqual(before);
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("hands its image on to another host, where it is the same", async () => {
    const [tag = ""] = await tags();
    const reference = `${repository()}:${tag}`;
    const args: BringImageArgs = {
      reference,
      labels: {},
      hosts: [
        { key: "there", docker: remote.unix },
        { key: "here", docker: runInfo().dockerHost },
      ],
      replacesOthers: false,
    };
    const command = { cwd: root, input: JSON.stringify(args) };
    const { code, output } = await attempt(process.execPath, ["commands/bring-image.ts"], command);
    expect([code, output]).toEqual([0, `${reference}: brought to host here\n`]);
    const id = ["image", "inspect", "--format", "{{.Id}}", reference];
    expect(await docker(...id)).toBe(await remote.docker(...id));
  });

  test("has an image that was removed built again by a plain up", async () => {
    const before = await servers();
    for (const tag of await tags()) await remote.docker("image", "rm", "--force", `${repository()}:${tag}`);
    await fleet.stack.run("up");
    expect(await tags()).toHaveLength(1);
    await answers("4.0.3");
    expect((await servers()).length).toBe(before.length);
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("has what it builds in a registry, and back from there", async () => {
    const address = `${remote.registry}/team`;
    const { username, password } = remote.registryUser;
    fleet.configure((config) => Object.assign(config, { registry: { address, username } }));
    await fleet.stack.setSecret("registry.password", password);
    await fleet.stack.run("up");
    await answers("4.0.3");
    const { body } = await get(`http://${remote.registry}/v2/_catalog`, {
      auth: `${username}:${password}`,
    });
    const everywhere = ownImages.filter((role) => role !== "programs" && role !== "backup");
    const names = [...everywhere, "web"].map((name) => `team/${fleet.name}--${name}`);
    expect(JSON.parse(body)).toEqual({ repositories: names.sort() });

    const list = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `${address}/${fleet.name}--web`];
    const [web = ""] = lines(await remote.docker(...list));
    const before = await servers();
    await remote.docker("image", "rm", "--force", web);
    expect(await fleet.stack.run("up")).toContain(`${web}: taken from the registry`);
    expect(lines(await remote.docker(...list))).toEqual([web]);
    expect(await servers()).toEqual(before);
  });

  describe("with a ready-made image", () => {
    const image = () => `${remote.registry}/pages:latest`;
    const publish = async (tag: string) => {
      const [built = ""] = lines(await remote.docker("image", "ls", "--quiet", repository()));
      const context = `FROM ${built}\nENV PAGES=${tag}\n`;
      await run("docker", ["-H", remote.unix, "build", "--tag", image(), "-"], { input: context });
      await remote.push(image());
      await remote.docker("image", "rm", image());
    };
    const pages = async (): Promise<Container[]> => {
      const filter = `label=flotilla.service=pages`;
      const list = lines(await remote.docker("ps", "--quiet", "--filter", filter));
      return list.length > 0 ? JSON.parse(await remote.docker("inspect", ...list)) : [];
    };
    const shown = async () =>
      (await pages()).map(({ Config }) => Config.Env.find((one) => /^PAGES/.test(one)));

    test("which a registry keeps for those with a password, a tag that is pushed anew rolls the pool, and the preview tells from what to what", async () => {
      await publish("one");
      await fleet.up((config) => {
        config.services.pages = {
          image: image(),
          replicas: 1,
          port: 8000,
          health: { path: "/health", timeout: 30 },
        };
        Object.assign(config.services.pages, { route: { path: "/pages" } });
      });
      expect(await shown()).toEqual(["PAGES=one"]);
      await fleet.stack.run("preview", "--expect-no-changes");
      await publish("two");
      const preview = await fleet.stack.run("preview", "--diff");
      const digest = `${image()}@sha256:[0-9a-f]{64}`;
      expect(preview).toMatch(new RegExp(`name: "${digest}" => "${digest}"`));
      await fleet.stack.run("up");
      expect(await shown()).toEqual(["PAGES=two"]);
    });

    test("a registry that does not answer is told, and changes nothing", async () => {
      const before = ids(await pages());
      remote.stopRegistry();
      const output = await fleet.stack.run("up");
      expect(output).toMatch(/service pages: what .*\/pages:latest stands for can't be looked up/);
      expect(ids(await pages())).toEqual(before);
      await fleet.stack.run("preview", "--expect-no-changes");
    });
  });
});

/** Images of the operator's engine that builds start from. */
async function imagesToHand(): Promise<string[]> {
  await docker("build", "--quiet", "--tag", "application-base", join(root, "examples/simple-server"));
  const all = lines(await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"));
  const bases = Object.values(baseImages).filter((image) => all.includes(image));
  return ["application-base", ...bases];
}

/** Its system is there already; what is left to build is the application. */
function simplify({ application }: Fleet): void {
  writeFileSync(
    join(application.folder, "Dockerfile"),
    "FROM application-base\nCOPY server.py page.html /app/\n",
  );
}
