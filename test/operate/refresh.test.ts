import type { StateResource } from "../../setup/state.ts";
import { type DockerAnswer, type FakeHosts, runProgram } from "../support/fake-docker.ts";
import { stackExport } from "../support/stack-export.ts";

const urnOf = (type: string, name: string) => `urn:pulumi:dev::flotilla::${type}::${name}`;

/** A host's provider, and two containers that it has made. */
function onHost(key: string, inputs: Record<string, unknown> = { host: `tcp://${key}:1` }): StateResource[] {
  const type = "pulumi:providers:docker";
  const provider = urnOf(type, key);
  const container = (name: string): StateResource => ({
    urn: urnOf("flotilla:index:Warden$docker:index/container:Container", name),
    type: "docker:index/container:Container",
    provider: `${provider}::an-id`,
  });
  return [{ urn: provider, type, inputs }, container(`warden-${key}`), container(`front-${key}`)];
}

const command: StateResource = {
  urn: urnOf("command:local:Command", "routes"),
  type: "command:local:Command",
  provider: `${urnOf("pulumi:providers:command", "default_1_2_1")}::an-id`,
};

/** Hosts of which some are silent, and what Pulumi is told. */
class Hosts implements FakeHosts {
  readonly refreshes: (readonly string[])[] = [];
  readonly asked: string[] = [];
  readonly #silent: readonly string[];
  readonly #resources: readonly StateResource[];

  constructor(
    silent: string,
    resources: readonly StateResource[] = [...onHost("a"), ...onHost("ab"), command],
  ) {
    this.#silent = silent.split(" ");
    this.#resources = resources;
  }

  docker(endpoint: string, args: readonly string[]): DockerAnswer {
    this.asked.push(`${endpoint} ${args.join(" ")}`);
    const isSilent = this.#silent.some((key) => endpoint === `tcp://${key}:1`);
    return isSilent ? { code: 1, err: "first line\nno route to host\n" } : { out: "29.0.1\n" };
  }

  consul() {
    return { status: 500 };
  }

  pulumi(args: readonly string[]): DockerAnswer {
    if (args[0] === "stack") return { out: stackExport({}, this.#resources) };
    this.refreshes.push(args);
    return { code: 0 };
  }
}

const refresh = (hosts: FakeHosts, ...args: string[]) => runProgram(hosts, "operate/refresh.ts", args);
const silence = (key: string) =>
  `host ${key}: no Docker engine answers at tcp://${key}:1 (no route to host); what is there is left out\n`;

test.concurrent("all hosts answer: all is looked at", async () => {
  const hosts = new Hosts("");
  expect(await refresh(hosts)).toMatchObject({ code: 0, said: "" });
  expect(hosts.refreshes).toStrictEqual([["refresh", "--stack", "dev"]]);
  expect(hosts.asked.sort()).toStrictEqual(
    ["a", "ab"].map((key) => `tcp://${key}:1 version --format {{.Server.Version}}`),
  );
});

test.concurrent("what is on a host that does not answer is left out, and nothing else", async () => {
  const hosts = new Hosts("a");
  expect(await refresh(hosts, "--stack", "prod", "--yes")).toMatchObject({ code: 0, said: silence("a") });
  const [warden, front] = onHost("a")
    .slice(1)
    .map(({ urn }) => urn);
  expect(hosts.refreshes).toStrictEqual([
    ["refresh", "--stack", "prod", "--yes", "--skip-preview", "--exclude", warden, "--exclude", front],
  ]);
});

test.concurrent("where no host answers nothing is done", async () => {
  const hosts = new Hosts("a ab");
  const { code, said } = await refresh(hosts);
  expect([code, hosts.refreshes]).toStrictEqual([1, []]);
  expect(said).toContain(
    "refresh stopped: No host of the stack dev answers: no route to host; no route to host",
  );
});

test.concurrent("providers that are no host's, or are about to go, are passed over", async () => {
  const hosts = new Hosts("gone", [
    ...onHost("a"),
    ...onHost("default_5_2_0", {}),
    ...onHost("gone").map((resource) => ({ ...resource, delete: true })),
  ]);
  expect(await refresh(hosts)).toMatchObject({ code: 0 });
  expect(hosts.refreshes).toStrictEqual([["refresh", "--stack", "dev"]]);
});

test.concurrent("a host by TLS is asked by it", async () => {
  const hosts = new Hosts("", onHost("a", { host: "tcp://a:1", certPath: "certs" }));
  expect(await refresh(hosts)).toMatchObject({ code: 0 });
  expect(hosts.asked.join()).toContain("--tlscacert=certs/ca.pem");
});

test.concurrent("a stack that is none is told of", async () => {
  const hosts = new Hosts("");
  hosts.pulumi = () => ({ code: 255, err: "error: no stack named 'dev' found\n" });
  const { code, said } = await refresh(hosts);
  expect(code).toBe(1);
  expect(said).toContain("refresh stopped: The stack dev can't be read: error: no stack named 'dev' found");
});
