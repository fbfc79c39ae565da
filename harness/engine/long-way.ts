import { readFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../docker.ts";
import { runInfo } from "../run-info.ts";
import { within } from "../wait.ts";
import { iptables, type Namespace } from "./namespace.ts";

/** Which packets it is about, for a namespace at the end of some cable. */
const ways = {
  /** All to and from it. */
  everyone: (cable: string) => [
    ["PREROUTING", "-i", cable],
    ["POSTROUTING", "-o", cable],
  ],
  /** Those to and from what is beside it: from here it is as near as ever. */
  others: (cable: string) => [
    ["FORWARD", "-i", cable],
    ["FORWARD", "-o", cable],
  ],
};

/** Has each packet to and from a namespace take its time, as on a long way: netem, where the kernel has it not. */
export class LongWay {
  readonly #container: string;
  readonly #rules: readonly (readonly string[])[];

  private constructor(container: string, rules: readonly (readonly string[])[]) {
    this.#container = container;
    this.#rules = rules;
  }

  /**
   * Adds so many milliseconds in each direction, for everyone or only for others than those here. The image, of the run's
   * engine, has Python, which works on the network that the engine lives in.
   */
  static async to(
    { name, cable, range }: Namespace,
    milliseconds: number,
    image: string,
    whose: keyof typeof ways = "everyone",
  ): Promise<LongWay> {
    const container = `${name}-long-way`;
    const program = readFileSync(join(runInfo().root, "harness/engine/delay.py"), "utf8");
    const may = ["--network=host", "--cap-add=NET_ADMIN", "--user=0"];
    const args = ["-c", program, `${range}`, `${milliseconds}`];
    await docker("run", "--detach", "--name", container, ...may, "--entrypoint=python3", image, ...args);
    await within(10, "packets can be held back", async () => {
      const logs = await docker("logs", container);
      if (!logs.includes("holding back")) throw new Error(logs);
    });
    const queue = ["-j", "NFQUEUE", "--queue-num", `${range}`];
    const rules = ways[whose](cable).map((packets) => [...packets, ...queue]);
    for (const rule of rules) iptables("-t", "mangle", "-A", ...rule);
    return new LongWay(container, rules);
  }

  async end(): Promise<void> {
    for (const rule of this.#rules) iptables("-t", "mangle", "-D", ...rule);
    await docker("rm", "--force", this.#container);
  }
}
