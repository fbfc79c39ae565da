import type { ForgetHostArgs } from "../../commands/forget-host.ts";
import { type ConsulAnswer, type ConsulRequest, type FakeHosts, runCommand } from "../support/fake-docker.ts";

const args: ForgetHostArgs = {
  host: "b",
  nodes: ["test--agent--b", "test--consul--2"],
  docker: "tcp://a:1",
  server: "test--consul--1",
  managementToken: "management",
};

/** A Consul whose members have a status each: 1 is alive, 4 failed. */
class Cluster implements FakeHosts {
  readonly members: Readonly<Record<string, number>>;
  readonly log: string[] = [];
  asked = 0;
  /** Whether the server that is asked is there. */
  runs = true;
  answer: ConsulAnswer | undefined;

  constructor(members: Record<string, number>) {
    this.members = members;
  }

  docker() {
    return { out: this.runs ? `/${args.server}\ttrue\n` : "" };
  }

  consul({ endpoint, container, method, path, token }: ConsulRequest): ConsulAnswer {
    this.asked++;
    expect([endpoint, container, token]).toStrictEqual([args.docker, args.server, args.managementToken]);
    if (this.answer) return this.answer;
    if (path === "/v1/agent/members")
      return { json: Object.entries(this.members).map(([Name, Status]) => ({ Name, Status })) };
    this.log.push(`${method} ${path}`);
    return { json: null };
  }
}

const forgotten = "consul: host b is forgotten\n";
const leave = (name: string) => `PUT /v1/agent/force-leave/${name}`;
test.concurrent.each<[string, Record<string, number>, string, string[]]>([
  [
    "all of it is gone",
    { "test--agent--b": 4, "test--consul--2": 4 },
    forgotten,
    [leave("test--agent--b"), leave("test--consul--2")],
  ],
  ["it has left by itself", { "test--agent--b": 3 }, forgotten, [leave("test--agent--b")]],
  ["it is there again", { "test--agent--b": 1, "test--consul--2": 1 }, "", []],
  [
    "part of it is there again",
    { "test--agent--b": 1, "test--consul--2": 4 },
    forgotten,
    [leave("test--consul--2")],
  ],
  ["others are gone", { "test--agent--a": 4, "test--agent--bb": 4, "test--consul--22": 4 }, "", []],
  ["nobody knows of it", {}, "", []],
])("%s", async (_, members, said, log) => {
  const cluster = new Cluster(members);
  expect(await runCommand(cluster, "forget-host", args)).toStrictEqual({ code: 0, said });
  expect(cluster.log).toStrictEqual(log);
});

test.concurrent("one that goes only now is waited for", async () => {
  const cluster = new Cluster({ "test--agent--b": 1 });
  setTimeout(() => Object.assign(cluster.members, { "test--agent--b": 4 }), 3000);
  expect(await runCommand(cluster, "forget-host", args)).toStrictEqual({ code: 0, said: forgotten });
  expect(cluster.log).toStrictEqual([leave("test--agent--b")]);
});

test.concurrent("an update does nothing", async () => {
  const cluster = new Cluster({ "test--agent--b": 4 });
  expect(await runCommand(cluster, "forget-host", args, "--nothing")).toStrictEqual({ code: 0, said: "" });
  expect(cluster.asked).toBe(0);
});

test.concurrent("a Consul that refuses fails nothing", async () => {
  const cluster = Object.assign(new Cluster({}), { answer: { status: 403, text: "ACL not found" } });
  expect(await runCommand(cluster, "forget-host", args)).toStrictEqual({
    code: 0,
    said: expect.stringMatching(/^consul: host b is not forgotten: .*ACL not found\n$/),
  });
});

test.concurrent("of a Consul that goes as well nothing is said", async () => {
  const cluster = Object.assign(new Cluster({}), { answer: { status: 500, text: "gone" }, runs: false });
  expect(await runCommand(cluster, "forget-host", args)).toStrictEqual({ code: 0, said: "" });
});

test.concurrent("a Consul that does not answer is waited for no longer than 30 s", async () => {
  const cluster = Object.assign(new Cluster({}), { answer: { hangs: true } });
  const { code, said } = await runCommand(cluster, "forget-host", args);
  expect(code).toBe(0);
  expect(said).toMatch(/^consul: host b is not forgotten: .*no answer/);
}, 120_000);
