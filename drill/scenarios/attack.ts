import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addressOf, memoryOf } from "../../harness/docker.ts";
import { runInfo } from "../../harness/run-info.ts";
import { sleep } from "../../harness/wait.ts";
import { run } from "../../runtime/program.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** What came of an attack. */
interface Outcome {
  readonly opened: number;
  readonly ended: number;
  /** How many connections were answered with each status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly open: number;
}

/** Limits of a balancer, in MiB, and of what one client may have. */
const memory = 192;
const perClient = 500;

/** Plays clients in containers on the stack's network: each has an address of its own there. */
class Attackers {
  readonly #start: readonly string[];
  readonly #target: readonly string[];

  private constructor(start: readonly string[], target: readonly string[]) {
    this.#start = start;
    this.#target = target;
  }

  static async against({ fleet }: Stage): Promise<Attackers> {
    const [front, [server]] = [await fleet.the("front"), await fleet.servers()];
    const to = addressOf(front, fleet.name);
    const start = ["run", "--rm", "-i", "--network", fleet.name, "--entrypoint=python3"];
    return new Attackers(
      [...start, server?.Config.Image ?? ""],
      [to, String(fleet.config.loadBalancers.port)],
    );
  }

  /** Runs a program in a container of its own; gives what it prints. */
  program(text: string, ...args: string[]): Promise<string> {
    return run("docker", [...this.#start, "-", ...args], { input: text });
  }

  async attack(kind: string, count: number, seconds: number): Promise<Outcome> {
    const program = readFileSync(join(runInfo().root, "drill/attacker.py"), "utf8");
    return JSON.parse(await this.program(program, kind, ...this.#target, String(count), String(seconds)));
  }

  /** The address of a client that claims others, and the ones that the application is told. */
  async lie(): Promise<{ address: string; told: string[] }> {
    const program = `
import http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
claims = ["X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded", "Client-IP"]
connection.request("GET", "/headers", headers={"Connection": "X-Forwarded-For", **{claim: "192.0.2.66" for claim in claims}})
address = connection.sock.getsockname()[0]
headers = json.load(connection.getresponse())
told = [value for name, value in headers if name.lower() in [claim.lower() for claim in claims]]
print(json.dumps({"address": address, "told": told}))`;
    return JSON.parse(await this.program(program, ...this.#target));
  }
}

export const attack: Scenario[] = [
  {
    name: "attack",
    title: "Clients that lie, take their time, hoard connections and speak HTTP/2",
    bar: "0 failed of the others; their p99 at most twice what it was; no balancer grows beyond its memory or ends",
    needs: "own stack",
    start: ({ loadBalancers, services }) => {
      Object.assign(loadBalancers, { memory: `${memory}m`, maxConnectionsPerClient: perClient });
      // Less room than there are slow bodies.
      services.web.load = { concurrency: 20, queue: 100, wait: 5 };
    },
    async play(stage) {
      const { short } = stage;
      const seconds = short ? 10 : 60;
      const attackers = await Attackers.against(stage);
      const balancers = () => stage.fleet.containers("balancer");
      const before = await balancers();
      const calm = await memoryOf(...before);
      const begin = stage.load.seconds;
      await stage.act("no attack", () => sleep(short ? 3 : 20));
      const to = stage.load.seconds;

      const { address, told } = await stage.act("a client that lies", () => attackers.lie());
      stage.expect("the application is told the true address", told.join() === address, told);

      const count = short ? 3000 : 20_000;
      // Seconds until all attackers are under way: the engine's work to start them is no attack.
      const start = 3;
      const under = stage.load.seconds + start;
      const [hoard, headers, bodies, http2] = await stage.act(`${count} connections, slow clients`, () =>
        Promise.all([
          attackers.attack("connections", count, seconds),
          attackers.attack("slow headers", 300, seconds),
          attackers.attack("slow bodies", 300, seconds),
          attackers.attack("HTTP/2", 300, seconds / 2),
        ]),
      );
      const over = stage.load.seconds;
      const after = await balancers();
      const used = await memoryOf(...after);

      const most = perClient * before.length;
      stage.expect(`${count} connections were tried`, hoard.opened === count, hoard);
      stage.expect(`one client has ${most} connections at most`, hoard.open <= most, hoard.open);
      stage.expect("the slow ones were there", Math.min(headers.opened, bodies.opened) === 300, [
        headers,
        bodies,
      ]);
      stage.expect("HTTP/2 is refused", http2.answers["400"] === 300, http2);
      const same = after.every(({ Id, State }, i) => {
        return Id === before[i]?.Id && State.StartedAt === before[i].State.StartedAt;
      });
      stage.expect("every balancer lives on", same && after.length === before.length);
      stage.expect("balancers keep to their memory", Math.max(...used) <= memory, used);

      const { samples } = stage.load;
      const [quiet, attacked] = [samples.latency(begin, to), samples.latency(under, over)];
      const limit = 2 * quiet.p99 * stage.lenience;
      stage.expect("p99 is at most twice what it was", attacked.p99 <= limit, attacked.p99);
      const sizes = (all: readonly number[]) => all.map(Math.round).join(" and ");
      stage.notes.push(
        `of ${hoard.opened} connections ${hoard.open} stayed open; slow headers answered: ${shown(headers)}; slow ` +
          `bodies: ${shown(bodies)}; p99 ${quiet.p99.toFixed(1)} → ${attacked.p99.toFixed(1)} ms; memory of balancers ` +
          `${sizes(calm)} → ${sizes(used)} MiB`,
      );
      await stage.allAnswer();
    },
  },
];

const shown = ({ answers, open }: Outcome) => `${JSON.stringify(answers)}, ${open} open`;
