import { connect } from "node:net";
import { Application } from "../../harness/application.ts";
import { addressOf, docker } from "../../harness/docker.ts";
import { Fleet } from "../../harness/fleet.ts";
import { get } from "../../harness/http.ts";
import { sleep, within } from "../../harness/wait.ts";
import { losingNothing } from "./load.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** An empty frame SETTINGS, with which both sides of HTTP/2 begin. */
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** Says something on a connection of its own, part by part, a moment apart, until it is answered; gives the answer. */
async function say(url: string, parts: readonly (string | Buffer)[], pause = 0): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = "";
  socket.on("error", () => {});
  socket.on("data", (data) => {
    heard += data.toString("latin1");
  });
  try {
    for (const part of parts) {
      if (heard || socket.destroyed) break;
      socket.write(part);
      await sleep(pause);
    }
    // HAProxy waits for the rest of a body that it has refused: the end of the connection tells nothing.
    await within(10, "an answer", () => expect(heard).toMatch(/\r\n\r\n./));
    return heard;
  } finally {
    socket.destroy();
  }
}

describe("where clients arrive", () => {
  const fleet = Fleet.first();
  const published = 18_680;
  const gateway = "10.213.0.1";
  beforeAll(() =>
    fleet.toStart(({ loadBalancers, services }) => {
      loadBalancers.ipv6 = true;
      services.web.build = new Application("edge", true).folder;
      services.web.replicas = 2;
      services.api = {
        ...structuredClone(services.web),
        replicas: 1,
        // One request in each balancer.
        load: { concurrency: 2, queue: 0 },
        timeouts: { body: 2 },
        publish: published,
      };
    }),
  );

  /** What the application is told of a request, by the names of headers. */
  async function seen(url: string, headers: Record<string, string> = {}): Promise<Record<string, string[]>> {
    const { body } = await get(`${url}headers`, { headers });
    const all = JSON.parse(body) as [string, string][];
    const groups = Map.groupBy(all, ([name]) => name.toLowerCase());
    return Object.fromEntries([...groups].map(([name, group]) => [name, group.map(([, value]) => value)]));
  }

  /** Runs a program in a container on the stack's network, which has an address of its own. */
  async function fromContainer(program: string): Promise<string> {
    const [server] = await fleet.servers();
    const front = await fleet.the("front");
    const to = addressOf(front, fleet.name);
    const start = ["--rm", "--network", fleet.name, "--env", `TO=${to}`, "--entrypoint=python3"];
    return docker("run", ...start, server?.Config.Image ?? "", "-c", program);
  }

  const claims = {
    "X-Forwarded-For": "192.0.2.66",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "bank.example",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/admin",
    X_Forwarded_For: "192.0.2.66",
    Forwarded: "for=192.0.2.66",
    "X-Real-IP": "192.0.2.66",
    "True-Client-IP": "192.0.2.66",
    Connection: "close, X-Forwarded-For",
  };
  const told = (all: Record<string, string[]>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => /forwarded|ip$|connection/.test(name)));

  test("what a client says of itself is not believed, at whichever port", async () => {
    const ports = [
      [fleet.url, 18_080],
      [fleet.balancerUrl(2), 18_282],
      [`http://127.0.0.1:${published}/`, published],
      [fleet.url.replace("127.0.0.1", "[::1]"), 18_080],
      [`http://[::1]:${published}/`, published],
    ] as const;
    for (const [url, port] of ports) {
      const { host } = new URL(url);
      const truth = {
        "x-forwarded-for": [gateway],
        "x-forwarded-proto": ["http"],
        "x-forwarded-host": [host],
        "x-forwarded-port": [String(port)],
      };
      expect([url, told(await seen(url, claims))]).toEqual([url, truth]);
      expect([url, told(await seen(url))]).toEqual([url, truth]);
    }
  });

  test("a client that has an address is told by it", async () => {
    const program = `
import http.client, json, os
connection = http.client.HTTPConnection(os.environ["TO"], ${fleet.config.loadBalancers.port})
connection.request("GET", "/headers", headers={"X-Forwarded-For": "192.0.2.66"})
address = connection.sock.getsockname()[0]
headers = json.load(connection.getresponse())
print(json.dumps([address] + [value for name, value in headers if name.lower() == "x-forwarded-for"]))`;
    const [address, ...forwardedFor] = JSON.parse(await fromContainer(program)) as string[];
    expect(address).toMatch(/^10\.213\.0\.(?!1$)\d+$/);
    expect(forwardedFor).toEqual([address]);
  });

  test("HTTP/2 without TLS is not spoken; WebSockets are", async () => {
    for (const url of [fleet.url, `http://127.0.0.1:${published}/`, fleet.statsUrl(1)]) {
      const heard = await losingNothing(fleet.url, () => say(url, [preface, settings]));
      expect([url, heard]).toEqual([url, expect.stringMatching(/^HTTP\/1\.1 400 /)]);
    }
    const upgrade = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
    expect(await seen(fleet.url, upgrade)).not.toHaveProperty("upgrade");

    const socket = new WebSocket(`${fleet.url.replace(/^http/, "ws")}ticks`);
    const message = await new Promise((resolve, reject) => {
      socket.addEventListener("message", ({ data }) => resolve(data));
      socket.addEventListener("error", () => reject(new Error("no WebSocket")));
    });
    socket.close();
    expect(message).toBe("tick");
  });

  test("bodies that come slowly take up no copy, and are not waited for without end", async () => {
    const url = `http://127.0.0.1:${published}/`;
    const head = (length: number) =>
      `POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
    const bytes = (count: number) => Array.from({ length: count }, () => "x");
    const slow = Array.from({ length: 50 }, () => say(url, [head(1000), ...bytes(30)], 0.1));
    await sleep(1);
    // One of them would leave no room for this.
    const statuses = [];
    for (let i = 0; i < 10; i++) statuses.push((await get(url)).status);
    expect(statuses).toEqual(statuses.map(() => 200));
    for (const heard of await Promise.all(slow)) {
      expect(heard).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\n\r\nThe request did not come in time\.\n$/);
    }
    // An upload that takes its time is none of those.
    const long = await say(url, [head(60_000 + 10), "x".repeat(60_000), ...bytes(10)], 0.4);
    expect(long).toMatch(/^HTTP\/1\.1 200 /);
  });

  /** Opens 100 connections from one address; gives how many of them stay open. */
  const connections = async () => {
    const program = `
import os, socket, time
port = ${fleet.config.loadBalancers.port}
all = [socket.create_connection((os.environ["TO"], port)) for _ in range(100)]
time.sleep(1)
def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
print(sum(map(is_open, all)))`;
    return Number(await fromContainer(program));
  };

  test("one address has so many connections and no more, and others notice nothing", async () => {
    expect(await connections()).toBe(100);
    await losingNothing(fleet.url, () =>
      fleet.up(({ loadBalancers }) => {
        loadBalancers.maxConnectionsPerClient = 10;
      }),
    );
    const open = await losingNothing(fleet.url, connections);
    // Each of the two balancers counts by itself.
    expect(open).toBe(20);
    // What comes from the gateway may be anybody: losingNothing's own clients, and more of them than that.
    const many = Array.from({ length: 60 }, () => get(`${fleet.url}slow?seconds=1`));
    expect((await Promise.all(many)).filter(({ status }) => status !== 200)).toEqual([]);
  });

  test("a trusted proxy may say who asks, and have any number of connections", async () => {
    await losingNothing(fleet.url, () =>
      fleet.up(({ loadBalancers }) => {
        loadBalancers.trustedProxies = ["2001:db8::/32", "10.213.0.0/24"];
      }),
    );
    const { Connection, ...kept } = claims;
    const words = Object.entries(kept).map(([name, value]) => [name.toLowerCase(), [value]]);
    const all = { ...Object.fromEntries(words), "x-forwarded-for": ["192.0.2.66", gateway] };
    expect(told(await seen(fleet.url, kept))).toEqual(all);
    // What it leaves unsaid is told by the connection.
    expect(told(await seen(fleet.url, { "X-Forwarded-Proto": "https" }))).toEqual({
      "x-forwarded-for": [gateway],
      "x-forwarded-proto": ["https"],
      "x-forwarded-host": ["127.0.0.1:18080"],
      "x-forwarded-port": ["18080"],
    });
    await within(5, "the new balancers have both", async () => expect(await connections()).toBe(100));
  });
});
