import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { runInfo } from "../run-info.ts";
import type { Plan } from "./plan.ts";
import { type Batch, Samples } from "./samples.ts";

/** Clients at work. */
export class Load {
  readonly samples = new Samples();
  /** Starts the number of every POST of this load's. */
  readonly run = randomBytes(4).toString("hex");
  readonly #origin = performance.timeOrigin + performance.now();
  readonly #worker: Worker;
  #failure: Error | undefined;

  /** Starts them. */
  constructor(plan: Plan) {
    this.#worker = new Worker(join(runInfo().root, "harness/load/clients.ts"), {
      workerData: { plan, origin: this.#origin, run: this.run },
    });
    this.#worker.on("message", (message: Batch | "done") => {
      if (message !== "done") this.samples.add(message);
    });
    this.#worker.on("error", (error) => {
      this.#failure = error;
    });
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.timeOrigin + performance.now() - this.#origin) / 1000;
  }

  /** Lets every client finish what it has under way, and waits for that. */
  async stop(): Promise<void> {
    if (!this.#failure) {
      this.#worker.postMessage("stop");
      while ((await once(this.#worker, "message"))[0] !== "done");
      await this.#worker.terminate();
    }
    if (this.#failure) throw this.#failure;
  }
}
