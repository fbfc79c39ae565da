import { docker } from "../../harness/docker.ts";
import type { Client } from "../../harness/load/plan.ts";
import { sleep } from "../../harness/wait.ts";
import { routesBackend } from "../../lib/haproxy.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

const RELOADS = 10;
const routes = "flotilla/routes";

/** Tells the balancers something new, so that each starts a new process with it; done when all have. */
async function reload(stage: Stage, text: string): Promise<void> {
  await (await stage.fleet.consul()).put(`/v1/kv/${routes}`, text);
  const command = ["await-servers", "20", "up", routesBackend(text), "BACKEND"];
  await Promise.all(
    (await stage.fleet.containers("balancer")).map(({ Id }) => docker("exec", Id, ...command)),
  );
}

/** Asks for so many lines, so many seconds apart; returns what is wrong with the answer. */
async function lines({ fleet }: Stage, count: number, every: number): Promise<string | undefined> {
  try {
    const answer = await fetch(`${fleet.url}lines?count=${count}&every=${every}`);
    const text = await answer.text();
    return text === "line\n".repeat(count) ? undefined : `${answer.status} with ${text.length} characters`;
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

/** Holds a WebSocket until it is told to let go; returns what is wrong with it by then. */
function socket({ fleet }: Stage): { end(): string | undefined } {
  let fault: string | undefined;
  let ticks = 0;
  const socket = new WebSocket(`${fleet.url.replace("http", "ws")}ticks`);
  socket.onmessage = () => {
    ticks++;
  };
  socket.onclose = ({ code }) => {
    fault ??= `closed with code ${code} after ${ticks} messages`;
  };
  return {
    end() {
      const seen = fault ?? (ticks === 0 ? "never said anything" : undefined);
      socket.onclose = null;
      socket.close();
      return seen;
    },
  };
}

const busy: Client = {
  name: "GET of 1.8 s",
  method: "GET",
  path: "/slow?seconds=1.8",
  keepAlive: true,
  rest: 0,
  retries: 0,
  slow: true,
};

export const lasting: Scenario[] = [
  {
    name: "lasting",
    title: "A download, an event stream and a WebSocket of 5 minutes (short form: 20 s), through ten reloads",
    bar: "none is cut; 0 failed",
    needs: "own stack",
    async play(stage) {
      const seconds = stage.short ? 20 : 300;
      const consul = await stage.fleet.consul();
      const text = await consul.value(routes);
      const held = socket(stage);
      const download = lines(stage, seconds * 5, 0.2);
      const stream = lines(stage, 3, seconds / 3);
      for (let number = 1; number <= RELOADS; number++) {
        await sleep(seconds / RELOADS - 1);
        // Space that JSON does not mind makes another table of it.
        await stage.act(`reload ${number}`, () => reload(stage, text + " ".repeat(number)));
      }
      const [downloaded, streamed] = await Promise.all([download, stream]);
      stage.expect("the download is whole", downloaded === undefined, downloaded);
      stage.expect("the event stream is whole", streamed === undefined, streamed);
      const fault = held.end();
      stage.expect("the WebSocket lives", fault === undefined, fault);
      await reload(stage, text);
    },
  },
  {
    name: "busy",
    title: "Two servers that serve one request at a time, kept busy by six clients",
    bar: "0 failed: a server that is late for its check because it is at work is left in rotation",
    needs: "own stack",
    start: ({ services }) => {
      Object.assign(services.web.env, { ONE_AT_A_TIME: "1" });
      Object.assign(services.web, { replicas: 2, load: { concurrency: 2, queue: 100, wait: 30 } });
    },
    plan: (url) => ({ url, clients: Array(6).fill(busy), sockets: 0, ownApplication: true }),
    async play(stage) {
      await stage.act("busy", () => sleep(stage.short ? 15 : 60));
    },
  },
];
