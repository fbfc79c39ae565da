import { setTimeout as sleep } from "node:timers/promises";
import type { RegisterArgs } from "../../commands/support/registrar.ts";
import { madeWith, type Registration, registrationOf } from "../../lib/catalogue.ts";
import { stoppedStates } from "../../lib/rollout.ts";
import { runAttendant } from "../support/attendant.ts";
import type { ConsulAnswer, ConsulRequest, DockerAnswer, FakeHosts } from "../support/fake-docker.ts";

const service = {
  name: "web",
  port: 8000,
  health: { type: "http", path: "/", method: "GET", host: "localhost", interval: 1, checkTimeout: 1 },
  sessions: false,
} as const;
const instances = ["test--web--a--1-aa", "test--web--a--2-bb", "test--web--a--3-cc"];
const [one = "", two = "", three = ""] = instances;
const hosts = ["a", "b", "c"];
const moving = { service: "web", replicas: 3, most: 3, hosts };

/** What `pulumi up` wrote down on host a. */
const record: RegisterArgs = {
  stack: "test",
  host: "a",
  docker: "ssh://a",
  hasPeers: true,
  balancersPerHost: 1,
  agent: "test--agent--a",
  agentId: "an-id",
  consulId: "identity",
  token: "",
  tokenId: "old",
  service,
  image: "web:1",
  instances,
  moving,
  order: "start-first",
  stopped: [],
  writesVolumes: false,
  healthTimeout: 5,
  settle: 0,
  drain: 0,
  stopGrace: 7,
};

const heldHere = (instance: string) => madeWith(registrationOf(service, instance), "id");

const ALIVE = 1;
const FAILED = 4;

/** Host a, where one copy runs, and what its agent knows. What is done shows in `log`. */
class Host implements FakeHosts {
  readonly log: string[] = [];
  states: Record<string, string> = { [one]: "running", [two]: "created", [three]: "created" };
  held = new Map<string, Registration>([[one, heldHere(one)]]);
  /** Hosts that gossip does not find; on each is an agent and a Consul server. */
  lost: readonly string[] = [];
  records: RegisterArgs[] = [record];

  docker(endpoint: string, [verb, ...rest]: readonly string[]): DockerAnswer {
    if (endpoint !== "unix:///var/run/docker.sock") return { code: 1, err: `not here: ${endpoint}` };
    switch (verb) {
      case "ps":
        return { out: rest.join(" ").includes("role=balancer") ? "balancer\n" : "" };
      case "inspect": {
        const more = rest[3]?.endsWith("{{.State.Status}}") ? "" : "\tits run\tits image";
        const line = (name: string) => `/${name}\t${this.states[name]}${more}\n`;
        return { out: rest.slice(4).map(line).join("") };
      }
      case "start":
        for (const name of rest) this.states[name] = "running";
        this.log.push(`start ${rest.join(" ")}`);
        return {};
      case "stop":
        this.log.push(`stop ${rest.slice(2).join(" ")}`);
        return {};
      case "exec": {
        const [, command] = rest;
        if (command !== "await-passing") return {};
        const asked = rest.slice(6).map((target) => target.split(":")[0] ?? "");
        const failing = asked.filter((name) => stoppedStates.includes(this.states[name] ?? ""));
        return { code: failing.length > 0 ? 1 : 0 };
      }
      default:
        return {};
    }
  }

  consul({ method, path, token, body }: ConsulRequest): ConsulAnswer {
    if (token !== "secret") return { status: 403, text: "Permission denied" };
    if (path === "/v1/agent/members") return { json: hosts.flatMap((host) => this.#members(host)) };
    if (path === "/v1/agent/services") return { json: Object.fromEntries(this.held) };
    if (path === "/v1/agent/service/register") {
      const registration: Registration = JSON.parse(body);
      this.log.push(`registers ${registration.ID}`);
      this.held.set(registration.ID, registration);
    }
    if (path === "/v1/health/service/web") return { json: [] };
    if (path === "/v1/kv/flotilla/moving/") return { json: this.records.map(asEntry) };
    if (method === "GET") return { status: 404 };
    return { json: true };
  }

  #members(host: string) {
    const Status = this.lost.includes(host) ? FAILED : ALIVE;
    return [
      { Name: `test--agent--${host}`, Status, Tags: { role: "node" } },
      { Name: `test--consul--${hosts.indexOf(host) + 1}`, Status, Tags: { role: "consul" } },
    ];
  }
}

function asEntry(record: RegisterArgs, index: number) {
  const Value = Buffer.from(JSON.stringify(record)).toString("base64");
  return { Key: `flotilla/moving/${record.host}/web`, Value, ModifyIndex: index };
}

/** Runs the mover of host a until `look` is content, and gives what it has said. */
function runMover(host: Host, look: (said: string) => boolean | Promise<boolean>): Promise<string> {
  const told = { stack: "test", host: "a", agent: "test--agent--a", token: "secret", tokenId: "id" };
  return runAttendant(host, "mover", told, look);
}

const looks = (said: string) => said.includes("hosts: ");
const later = async (said: string) => looks(said) && sleep(1500, true);

test("all are there: nothing is to be done", async () => {
  const host = new Host();
  expect(await runMover(host, later)).toBe("hosts: a b c\n");
  expect(host.log).toStrictEqual([]);
});

test("a host is lost: the share is greater, and what is missing of it is started and let in", async () => {
  const host = new Host();
  host.lost = ["c"];
  // One of a and b has two now, by the service's own order.
  host.records = [{ ...record, moving: { ...moving, replicas: 4 } }];
  const said = await runMover(host, () => host.log.length >= 2);
  expect(said).toContain("web: 2 of 4 are to run here, since there are a, b\n");
  expect(host.log).toStrictEqual([`start ${two}`, `registers ${two}`]);
  expect(host.held.get(two)?.Meta["flotilla-token"]).toBe("id");
});

test("most of Consul's servers are lost: it is this host that is cut off, and everything stays", async () => {
  const host = new Host();
  host.lost = ["b", "c"];
  const said = await runMover(host, (said) => said !== "" && sleep(1500, true));
  expect(said).toBe("everything stays as it is: a reaches 1 of 3 Consul servers\n");
  expect(host.log).toStrictEqual([]);
});

test("there are more than its share: they stay for a while, and as long as others have not got theirs", async () => {
  const host = new Host();
  host.states = { [one]: "running", [two]: "running", [three]: "created" };
  host.held.set(two, heldHere(two));
  expect(await runMover(host, later)).toBe("hosts: a b c\n");
  expect(host.log).toStrictEqual([]);
});

test("one that is to run was stopped: it is started again", async () => {
  const host = new Host();
  host.states = { [one]: "exited", [two]: "created", [three]: "created" };
  await runMover(host, () => host.log.length >= 2);
  expect(host.log).toStrictEqual([`start ${one}`, `registers ${one}`]);
});

test("written last is what counts: a host that was dead meanwhile is not to have any", async () => {
  const host = new Host();
  host.states = { [one]: "created", [two]: "created", [three]: "created" };
  host.held.clear();
  host.records = [record, { ...record, host: "b", moving: { ...moving, hosts: ["b", "c"] } }];
  expect(await runMover(host, later)).toBe("hosts: a b c\n");
  expect(host.log).toStrictEqual([]);
});

test("the agent does not answer: that is said once", async () => {
  const host = new Host();
  host.consul = () => ({ status: 500, text: "No cluster leader" });
  const said = await runMover(host, (said) => said !== "" && sleep(1500, true));
  expect(said).toBe(
    "everything stays as it is: Consul answered 500 to GET /v1/agent/members: No cluster leader\n",
  );
});
