import type { Lab } from "../../harness/engine/lab.ts";
import type { Fleet } from "../../harness/fleet.ts";
import { Hosts } from "../../harness/hosts.ts";
import { request } from "../../harness/http.ts";
import { Load } from "../../harness/load/load.ts";
import { everyMethod, unhurried } from "../../harness/load/plan.ts";
import type { Failure } from "../../harness/load/samples.ts";
import { runInfo } from "../../harness/run-info.ts";
import { askOnce, whileAsking } from "../../harness/tcp.ts";
import { sleep, within } from "../../harness/wait.ts";
import { frontName } from "../../lib/names.ts";

const lines = (text: string) => text.split("\n").filter(Boolean);

/** Answers each line by the name of the copy. */
const echo = `
import socket, socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write((socket.gethostname() + "\\n").encode())
socketserver.ThreadingTCPServer(("", 7000), Handler).serve_forever()
`;
const echoPort = 21_700;
/** Calls it from a copy that requires it, and prints who answers. */
const callEcho = `
import os, socket
host, port = os.environ["ECHO"].split(":")
def call():
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"?\\n")
        return connection.makefile().readline().strip()
print(*{call() for _ in range(60)})
`;

// Only a run with a network of its own has room for hosts.
(runInfo().namespace ? describe : describe.skip)("three hosts", () => {
  let hosts: Hosts;
  let lab: Lab;
  let fleet: Fleet;
  /** Clients of the balancers on a and b, who are there from the second test on. */
  let loads: Load[] = [];

  beforeAll(async () => {
    hosts = await Hosts.start(["a", "b", "c"]);
    ({ lab, fleet } = hosts);
  });
  afterEach(async () => {
    for (const load of loads.splice(0)) await load.stop();
  });
  afterAll(() => lab?.stop());

  const urlOf = (key: string) => hosts.urlOf(key);
  const answering = (key: string) => hosts.answering(key);
  const copies = (...keys: string[]) => hosts.copies(keys);
  const everywhere = (...keys: string[]) => hosts.reachEachOther(...keys);
  const startLoads = async () => {
    const plans = ["a", "b"].map((key) => unhurried(everyMethod(urlOf(key))));
    loads = plans.map((plan) => new Load({ ...plan, sockets: 0 }));
    await sleep(2);
  };
  /** What has failed for whom, less what is excused; ends the load. */
  const failures = async (excused: (failure: Failure) => boolean = () => false) => {
    await sleep(1);
    const ended = loads.splice(0);
    for (const load of ended) await load.stop();
    for (const { samples } of ended) expect(samples.requests).toBeGreaterThan(300);
    return ended.flatMap(({ samples }) => samples.failures.filter((failure) => !excused(failure)));
  };

  test("one deployment: each host's balancers reach every copy", async () => {
    await fleet.stack.run("up");
    await everywhere("a", "b", "c");
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  const echoAt = (key: string) => askOnce("?", echoPort, lab.host(key).address);
  /** That at each of some hosts connections reach the copies on all of them. */
  const connected = async (...keys: string[]) => {
    const copies = await hosts.copies(keys, "echo");
    for (const key of keys) {
      const seen = new Set<string>();
      for (let i = 0; i < 60; i++) seen.add(await echoAt(key));
      expect([...seen].sort()).toEqual(copies);
    }
  };

  test("of a service that speaks TCP, too, which is added", async () => {
    await fleet.up(({ services }) => {
      const { build } = services.web;
      services.echo = {
        ...(build && { build }),
        command: ["python3", "-c", echo],
        replicas: 2,
        port: 7000,
        protocol: "tcp",
        publish: echoPort,
      };
      services.web.requires = { echo: { service: "echo", env: { ECHO: "{{host}}:{{port}}" } } };
    });
    await connected("a", "b", "c");
  });

  test("which another service requires, and reaches from each host", async () => {
    const copies = await hosts.copies(hosts.keys, "echo");
    for (const key of hosts.keys) {
      const all = await hosts.containers(key, "server");
      const caller = all.find(({ Config }) => Config.Labels["flotilla.service"] === fleet.service);
      const seen = await lab.docker(key, "exec", caller?.Id ?? "", "python3", "-c", callEcho);
      expect(seen.trim().split(" ").sort()).toEqual(copies);
    }
  });

  test("or only on its own host, or there first, or in its zone", async () => {
    const locally = async (zones: Record<string, string[]> = {}) => {
      for (const key of hosts.keys) {
        const own = await hosts.copies(zones[key] ?? [key], "echo");
        const seen = new Set<string>();
        for (let i = 0; i < 60; i++) seen.add(await echoAt(key));
        expect([...seen].sort()).toEqual(own);
      }
    };
    const locality = (locality: string) =>
      fleet.up(({ services }) => {
        Object.assign(services.echo ?? {}, { locality });
        Object.assign(services.web, { locality });
      });
    await locality("only");
    await locally();
    await locality("prefer");
    await locally();
    await startLoads();
    const [one, two] = (await hosts.containers("a", "server")).filter(
      ({ Config }) => Config.Labels["flotilla.service"] === "echo",
    );
    const asked = await whileAsking(
      () => echoAt("a"),
      async () => {
        await lab.docker("a", "stop", one?.Id ?? "");
        await lab.docker("a", "stop", two?.Id ?? "");
        await sleep(1);
        await lab.docker("a", "start", one?.Id ?? "", two?.Id ?? "");
      },
    );
    // Connections that a copy was just given when it was killed, whichever is asked next.
    expect(asked.failures.length).toBeLessThan(5);
    expect(asked.asked).toBeGreaterThan(100);
    await within(10, "its own again", () => locally());
    expect(await failures()).toEqual([]);
    const north = ["a", "b"];
    await fleet.up(({ hosts }) => {
      for (const key of north) Object.assign(hosts[key] ?? {}, { zone: "north" });
    });
    await locally({ a: north, b: north });
    await locality("any");
    await connected("a", "b", "c");
  });

  test("by another port between hosts", async () => {
    await fleet.up(({ loadBalancers }) => (loadBalancers.peerPort = 7453));
    await everywhere("a", "b", "c");
    await connected("a", "b", "c");
  });

  test("a session keeps to its copy, whichever host it comes to", async () => {
    const { keys } = hosts;
    // Of each host's clients some are given to copies elsewhere.
    for (const url of [...keys, ...keys].map(urlOf)) {
      const { headers } = await request(url, { method: "GET" });
      const [cookie = "", ...more] = headers["set-cookie"] ?? [];
      expect([cookie.split("=")[0], more]).toEqual(["flotilla-web", []]);
      for (const other of keys) {
        for (const method of ["GET", "POST", "GET"] as const) {
          const answer = await request(`${urlOf(other)}${method === "POST" ? "echo" : ""}`, {
            method,
            headers: { Cookie: cookie.split(";")[0] ?? "" },
            ...(method === "POST" && { body: "x" }),
          });
          expect([answer.status, answer.headers["x-served-by"]]).toEqual([200, headers["x-served-by"]]);
          expect(answer.headers["set-cookie"]).toBeUndefined();
        }
      }
    }
  });

  test("one that is cut off serves those who reach it, and brings itself back without the others", async () => {
    lab.cut("c");
    const [agent] = await hosts.containers("c", "agent");
    const front = `http://${frontName(fleet.name, "c")}:${fleet.config.loadBalancers.port}/`;
    const serves = async () => {
      const args = ["curl", "--silent", "--fail", "--max-time", "1", "--output", "/dev/null", front];
      await lab.docker("c", "exec", agent?.Id ?? "", ...args);
    };
    await within(5, "it serves", serves);
    for (const role of ["front", "balancer", "server"] as const) {
      const [victim] = await hosts.containers("c", role);
      if (victim) process.kill(victim.State.Pid, "SIGKILL");
      await within(5, `it serves again after its ${role} was killed`, async () => {
        for (let i = 0; i < 10; i++) await serves();
      });
    }
    lab.heal("c");
    await within(60, "all reach all again", () => everywhere("a", "b", "c"));
  });

  test("one dies: what the others are asked is answered, and what it held is decided within 5 s", async () => {
    await startLoads();
    const death = loads.map(({ seconds }) => seconds);
    const asked = await whileAsking(
      () => echoAt("a"),
      async () => {
        await lab.die("c");
        await sleep(8);
      },
    );
    expect(asked.asked).toBeGreaterThan(100);
    // A connection that was just being handed over is closed.
    expect(asked.failures.length).toBeLessThan(5);
    await connected("a", "b");
    for (const [index, { samples }] of loads.entries())
      expect(samples.failures.filter(({ end }) => end > (death[index] ?? 0) + 5)).toEqual([]);
    // What may not be sent twice, and was there.
    const latest = Math.max(...death);
    const wasThere = ({ method, start }: Failure) => method === "POST" && start < latest + 0.1;
    expect(await failures(wasThere)).toEqual([]);
    await everywhere("a", "b");
  });

  test("the others go on without it: preview, scaling, a new version", async () => {
    await startLoads();
    expect(await fleet.stack.run("preview")).toMatch(/host c: no Docker engine answers/);
    fleet.application.setVersion("2.0.0");
    await fleet.up(({ services }) => {
      services.web.replicas = 3;
    });
    expect(await failures()).toEqual([]);
    await everywhere("a", "b");
    expect(await copies("a", "b")).toHaveLength(6);
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("what is lost elsewhere meanwhile is found by a refresh that leaves it out, and mended", async () => {
    const [victim = ""] = await copies("b");
    await lab.docker("b", "rm", "--force", victim);
    expect((await fleet.stack.attempt("refresh")).code).not.toBe(0);
    const { code, output } = await fleet.stack.operate("refresh", "--yes");
    expect(output).toMatch(/^host c: no Docker engine answers at .*; what is there is left out$/m);
    expect(code).toBe(0);
    await fleet.stack.run("up");
    await everywhere("a", "b");
    expect(await copies("a", "b")).toHaveLength(6);
    await fleet.stack.run("preview", "--expect-no-changes");
  });

  test("it comes back by itself, as it was; the next up brings it up to date", async () => {
    await startLoads();
    await lab.revive("c");
    await within(60, "c takes part", () => everywhere("a", "b", "c"));
    expect(await copies("c")).toHaveLength(2);
    await fleet.stack.run("up");
    expect(await failures()).toEqual([]);
    await everywhere("a", "b", "c");
    expect(await copies("c")).toHaveLength(3);
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("one that is drained has no copies, and its balancers send to the others", async () => {
    await startLoads();
    await fleet.up(({ hosts }) => Object.assign(hosts.c ?? {}, { state: "drained" }));
    expect(await failures()).toEqual([]);
    expect(await copies("c")).toEqual([]);
    for (const key of ["a", "b", "c"]) expect(await answering(key)).toEqual(await copies("a", "b"));
  });

  test("one that is gone for good is taken out of the config, and forgotten without being asked", async () => {
    await lab.die("c");
    await startLoads();
    await fleet.stack.run("up");
    await fleet.up((config) => {
      delete config.hosts.c;
    });
    expect(await failures()).toEqual([]);
    await everywhere("a", "b");
    expect(await hosts.consul("a", "members")).not.toMatch(/--c\b|failed/);
    expect(lines(await hosts.consul("a", "operator", "raft", "list-peers"))).toHaveLength(
      1 + fleet.size.consul,
    );
    await fleet.stack.run("preview", "--refresh", "--expect-no-changes");
  });

  test("one that returns after that is told of, and admitted again by what is said", async () => {
    await startLoads();
    await lab.revive("c");
    const { docker, address } = lab.host("c");
    const { code, output } = await fleet.attemptUp(({ hosts }) => {
      hosts.c = { docker, address };
    });
    expect(code).not.toBe(0);
    expect(await hosts.clearLeftovers(output)).toBeGreaterThan(0);
    await fleet.stack.run("up");
    expect(await failures()).toEqual([]);
    await everywhere("a", "b", "c");
  });

  test("is taken away with all it made", async () => {
    await fleet.stack.run("destroy");
    for (const { key } of lab.hosts) expect(await lab.docker(key, "ps", "--all", "--quiet")).toBe("");
  });
});
