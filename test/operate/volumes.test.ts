import type { StateResource } from "../../setup/state.ts";
import { type DockerAnswer, type FakeHosts, runProgram } from "../support/fake-docker.ts";
import { poolResources, stackExport } from "../support/stack-export.ts";

const urnOf = (type: string, name: string) => `urn:pulumi:dev::flotilla::${type}::${name}`;

/** A host's provider, and the volumes that it has made, of the pool of `shop` there. */
function onHost(key: string, ...volumes: string[]): StateResource[] {
  const type = "pulumi:providers:docker";
  const provider = urnOf(type, key);
  const pool = poolResources("shop", key, "nginx");
  return [
    { urn: provider, type, inputs: { host: `tcp://${key}:1` } },
    ...pool,
    ...volumes.map((name) => ({
      urn: urnOf("flotilla:index:ServerPool$docker:index/volume:Volume", `${key}-${name}`),
      type: "docker:index/volume:Volume",
      provider: `${provider}::an-id`,
      parent: pool[0]?.urn ?? "",
      inputs: { name },
    })),
  ];
}

/** Two hosts: a has orphans, one of which is in use; b only what it is to have. */
class Hosts implements FakeHosts {
  readonly removed: string[] = [];
  silent = "";
  resources = [...onHost("a", "dev--web_data"), ...onHost("b", "dev--web_data")];
  readonly #on: Record<string, string[]> = {
    "tcp://a:1": ["dev--web_data", "dev--old_data", "dev--gone--2_data"],
    "tcp://b:1": ["dev--web_data"],
  };

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    if (endpoint === this.silent) return { code: 1, err: "no route to host\n" };
    const names = this.#on[endpoint] ?? [];
    switch (args.slice(0, 2).join(" ")) {
      case "volume ls":
        return { out: names.map((name) => `${name}\n`).join("") };
      case "volume inspect":
        return { out: names.map((name) => `${name}\t2026-01-02T03:04:05Z\n`).join("") };
      case "system df":
        return { out: JSON.stringify(names.map((Name) => ({ Name, Size: "1.5MB" }))) };
      case "ps --all":
        return { out: "one\tdev--web_data,dev--logs\ntwo\tdev--web_data\nstray\tdev--old_data\n" };
      case "volume rm":
        this.removed.push(`${endpoint} ${args.slice(2).join(" ")}`);
        return { out: "" };
      default:
        return { code: 1, err: `not told of docker ${args.join(" ")}\n` };
    }
  }

  consul() {
    return { status: 500 };
  }

  pulumi(): DockerAnswer {
    return { out: stackExport({}, this.resources) };
  }
}

const volumes = (hosts: FakeHosts, ...args: string[]) => runProgram(hosts, "operate/volumes.ts", args);

test.concurrent("every volume, whose it is, and which are orphans", async () => {
  const { code, printed } = await volumes(new Hosts());
  expect({ code, printed }).toStrictEqual({
    code: 0,
    printed: [
      "host  volume             of    size   created",
      "a     dev--gone--2_data  gone  1.5MB  2026-01-02 03:04  orphan, not in use",
      "a     dev--old_data      old   1.5MB  2026-01-02 03:04  orphan, in use by 1",
      "a     dev--web_data      shop  1.5MB  2026-01-02 03:04  in use by 2",
      "b     dev--web_data      shop  1.5MB  2026-01-02 03:04  in use by 2",
      "",
    ].join("\n"),
  });
});

test.concurrent("--prune takes away orphans, but none that is in use", async () => {
  const hosts = new Hosts();
  expect(await volumes(hosts, "--prune", "--yes")).toStrictEqual({
    code: 1,
    said: [
      "host a: dev--old_data stays, since it is in use by stray",
      "host a: dev--gone--2_data (1.5MB) is to go, with what is in it",
      "volumes: 1 taken away",
      "",
    ].join("\n"),
    printed: "",
  });
  expect(hosts.removed).toStrictEqual(["tcp://a:1 dev--gone--2_data"]);
});

test.concurrent("--prune asks, and where nobody is there to be asked, takes away nothing", async () => {
  const hosts = new Hosts();
  const { code, said } = await volumes(hosts, "--prune");
  expect(code).toBe(1);
  expect(said).toContain("volumes stopped: Nobody is there to be asked whether to do that: add --yes.");
  expect(hosts.removed).toStrictEqual([]);
});

test.concurrent("--prune without orphans", async () => {
  const hosts = new Hosts();
  hosts.resources = [
    ...onHost("a", "dev--web_data", "dev--old_data", "dev--gone--2_data"),
    ...onHost("b", "dev--web_data"),
  ];
  expect(await volumes(hosts, "--prune")).toMatchObject({
    code: 0,
    said: "volumes: there is nothing to take away\n",
  });
});

test.concurrent("a host that does not answer is told of, and the others shown", async () => {
  const hosts = new Hosts();
  hosts.silent = "tcp://a:1";
  const { code, said, printed } = await volumes(hosts);
  expect(code).toBe(1);
  expect(said).toBe("host a: its engine at tcp://a:1 tells nothing of volumes (no route to host)\n");
  expect(printed.split("\n")).toHaveLength(3);
});

test.concurrent("a stack without hosts", async () => {
  const hosts = new Hosts();
  hosts.resources = [];
  const { code, said } = await volumes(hosts);
  expect(code).toBe(1);
  expect(said).toContain("volumes stopped: The stack dev has no hosts in its state");
});
