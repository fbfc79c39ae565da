import { setTimeout as sleep } from "node:timers/promises";
import { runAttendant } from "../support/attendant.ts";
import type { ConsulAnswer, ConsulRequest, DockerAnswer, FakeHosts } from "../support/fake-docker.ts";

const listener = {
  service: "web",
  requirement: "store",
  provider: "store",
  address: { host: "test--front--a", port: 6379 },
  onChange: { command: ["/bin/told", "all"] },
};
const entry = (name: string, host: string, leaves = false) => ({
  Node: { Node: `test--agent--${host}` },
  Service: { ID: name, Port: 6379, Meta: { "haproxy-options": leaves ? "backup" : "" } },
});
const ago = (seconds: number) => new Date(Date.now() - 1000 * seconds).toISOString();

/** Host a, whose copies of web require the store. */
class Host implements FakeHosts {
  readonly log: string[] = [];
  /** What each copy was told, in turn. */
  readonly told: Record<string, unknown[]> = {};
  /** Since when each copy runs. */
  copies: Record<string, string> = { "test--web--a--1-aa": ago(60), "test--web--a--2-bb": ago(60) };
  store = [entry("test--store--b--1-cc", "b"), entry("test--store--a--1-dd", "a")];
  /** Copies in which every command fails. */
  failing: string[] = [];

  docker(_: string, [verb, ...rest]: readonly string[]): DockerAnswer {
    switch (verb) {
      case "ps":
        return { out: `${Object.keys(this.copies).join("\n")}\n` };
      case "inspect": {
        const line = (name: string) => `/${name}\t${this.copies[name]}\n`;
        return { out: rest.slice(4).map(line).join("") };
      }
      case "exec":
        this.log.push(rest.slice(1).join(" "));
        return this.failing.includes(rest[1] ?? "") ? { code: 3, err: "out of order" } : {};
      default:
        this.log.push([verb, ...rest].join(" "));
        return {};
    }
  }

  fed(container: string, input: string): void {
    this.told[container] = [...(this.told[container] ?? []), JSON.parse(input)];
  }

  consul({ path, token }: ConsulRequest): ConsulAnswer {
    if (token !== "secret") return { status: 403, text: "Permission denied" };
    return path === "/v1/health/service/store" ? { json: this.store } : { status: 404 };
  }
}

function run(host: Host, look: (said: string) => boolean | Promise<boolean>, change: object = {}) {
  const told = { stack: "test", host: "a", agent: "test--agent--a", token: "secret" };
  return runAttendant(host, "herald", { ...told, listeners: [{ ...listener, ...change }] }, look);
}

const news = (...endpoints: [name: string, host: string][]) => ({
  requirement: "store",
  service: "store",
  host: "test--front--a",
  port: 6379,
  endpoints: endpoints.map(([name, host]) => ({ name, port: 6379, host })),
});
const both = news(["test--store--a--1-dd", "a"], ["test--store--b--1-cc", "b"]);

test("each copy is told once who is healthy, and again when that changes", async () => {
  const host = new Host();
  await run(host, () => Object.keys(host.told).length === 2 && sleep(3000, true));
  expect(host.told).toStrictEqual({ "test--web--a--1-aa": [both], "test--web--a--2-bb": [both] });
  expect(host.log.sort()).toStrictEqual([
    "test--web--a--1-aa /bin/told all",
    "test--web--a--2-bb /bin/told all",
  ]);

  const other = new Host();
  await run(other, () => {
    const counts = Object.values(other.told).map(({ length }) => length);
    // One is about to leave, and is nobody to turn to.
    if (counts.length === 2)
      other.store = [entry("test--store--b--1-cc", "b", true), entry("test--store--a--1-dd", "a")];
    return counts.length === 2 && counts.every((count) => count === 2);
  });
  expect(other.told["test--web--a--1-aa"]).toStrictEqual([both, news(["test--store--a--1-dd", "a"])]);
});

test("one that has just started is told a moment later, and one that is started again once more", async () => {
  const host = new Host();
  host.copies = { "test--web--a--1-aa": ago(60), "test--web--a--2-bb": ago(1) };
  let [first, again] = [0, false];
  await run(host, () => {
    if (host.told["test--web--a--1-aa"] && first === 0) first = performance.now();
    if (host.told["test--web--a--2-bb"] && !again) {
      expect(performance.now() - first).toBeGreaterThan(1000);
      again = true;
      host.copies["test--web--a--1-aa"] = ago(30);
    }
    return host.told["test--web--a--1-aa"]?.length === 2;
  });
  expect(host.told).toStrictEqual({ "test--web--a--1-aa": [both, both], "test--web--a--2-bb": [both] });
});

test("what fails is told and tried again, and the others are told all the same", async () => {
  const host = new Host();
  host.failing = ["test--web--a--1-aa"];
  const said = await run(host, (said) => {
    if (said.includes("could not be told") && host.told["test--web--a--2-bb"]) host.failing = [];
    return host.told["test--web--a--1-aa"] !== undefined;
  });
  expect(said).toContain(
    "test--web--a--1-aa could not be told of store: /bin/told ended with exit code 3: out of order\n",
  );
  expect(host.told).toStrictEqual({ "test--web--a--1-aa": [both], "test--web--a--2-bb": [both] });
});

test("a signal says nothing but that there is something", async () => {
  const host = new Host();
  await run(host, () => host.log.length === 2, { onChange: { signal: "SIGHUP" } });
  expect(host.log.sort()).toStrictEqual([
    "kill --signal SIGHUP test--web--a--1-aa",
    "kill --signal SIGHUP test--web--a--2-bb",
  ]);
});

test("the agent does not answer: that is said once, and nobody is told anything", async () => {
  const host = new Host();
  host.consul = () => ({ status: 500, text: "No cluster leader" });
  const said = await run(host, (said) => said !== "" && sleep(1500, true));
  expect(said).toBe(
    "nobody is told anything: Consul answered 500 to GET /v1/health/service/store: No cluster leader\n",
  );
  expect(host.log).toStrictEqual([]);
});
